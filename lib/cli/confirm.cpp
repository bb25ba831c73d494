#include "cli/confirm.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "process/line_reader.h"

namespace couponctl::cli {
namespace {

// Half an answer is none: a "y" must be followed by Return.
std::string read_answer() {
  constexpr std::chrono::hours patience{1};
  process::LineReader lines(STDIN_FILENO);
  const auto answer = lines.next(patience);
  if (const auto* why = lines.error())
    throw core::Failure(core::Exit::refused, "not confirmed: cannot read the answer: " + *why);
  return answer && lines.open() ? std::string(answer->text) : "";
}

}  // namespace

void confirm(const Context& context, const std::string& preview, const std::string& question,
             bool yes) {
  if (yes) return context.note(preview);
  if (!context.err_is_terminal || ::isatty(STDIN_FILENO) != 1) {
    context.note(preview);
    throw core::Failure(core::Exit::refused, "not confirmed, and no terminal to ask on",
                        "Add --yes to go on, or --dry-run to only look");
  }
  context.messages.ask(preview + "\n" + question + " [y/N] ");
  const auto answer = read_answer();
  if (answer != "y" && answer != "Y" && answer != "yes")
    throw core::Failure(core::Exit::refused, "not confirmed: nothing was changed");
}

}  // namespace couponctl::cli
