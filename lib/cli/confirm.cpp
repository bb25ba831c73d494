#include "cli/confirm.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace couponctl::cli {
namespace {

// The first line of stdin, and only that.
std::string read_answer() {
  std::string answer;
  for (int c = std::getchar(); c != EOF && c != '\n'; c = std::getchar())
    answer += static_cast<char>(c);
  return answer;
}

}  // namespace

void confirm(const Context& context, const std::string& preview, const std::string& question,
             bool yes) {
  fmt::print(context.err, "{}\n", preview);
  if (yes) return;
  if (!context.err_is_terminal || ::isatty(STDIN_FILENO) != 1)
    throw core::Failure(core::Exit::refused, "not confirmed, and no terminal to ask on",
                        "Add --yes to go on, or --dry-run to only look");
  fmt::print(context.err, "{} [y/N] ", question);
  std::fflush(context.err);
  const auto answer = read_answer();
  if (answer != "y" && answer != "Y" && answer != "yes")
    throw core::Failure(core::Exit::refused, "not confirmed: nothing was changed");
}

}  // namespace couponctl::cli
