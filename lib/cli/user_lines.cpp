#include "cli/user_lines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <limits>

#include "cli/usage_error.h"
#include "core/parse.h"
#include "process/file_descriptor.h"
#include "report/units.h"

namespace couponctl::cli {
namespace {

using core::UserId;
using namespace std::chrono_literals;

constexpr auto stop_checked_every = 100ms;

// Lines that end as on Windows are lines.
std::string_view without_return(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

core::Result<UserId> user_of(const process::Line& line) {
  if (!line.too_long) return parse_user(without_return(line.text));
  return core::Error{core::Fault::invalid,
                     {},
                     fmt::format("must be 0..{} (got {}: more than {} bytes)",
                                 std::numeric_limits<std::int64_t>::max(), core::quote(line.text),
                                 process::LineRules().bytes_max)};
}

// Neither a writer that a FIFO has not got yet nor one that writes nothing is waited for here.
process::FileDescriptor open_users(const std::string& path) {
  const auto fail = [&](const char* why) {
    return UsageError("couponctl apply",
                      fmt::format("cannot read --users-from {}: {}", core::quote(path), why));
  };
  process::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) throw fail(std::strerror(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode)) throw fail("a directory");
  return file;
}

}  // namespace

core::Result<UserId> parse_user(std::string_view text) {
  const auto number = core::parse_integer(text, 0, std::numeric_limits<std::int64_t>::max());
  if (!number) return number.error();
  return UserId{*number};
}

std::vector<UserId> read_users(const std::string& path, const std::stop_token& stop) {
  const auto file = open_users(path);
  process::LineReader lines(file.get());
  std::vector<UserId> users;
  while (!stop.stop_requested()) {
    const auto line = lines.next(stop_checked_every);
    if (!line && !lines.open()) break;
    if (!line) continue;
    const auto user = user_of(*line);
    if (!user)
      throw UsageError("", fmt::format("{}:{}: a user {}", path, line->number, user.error().text),
                       "Nobody was admitted: mend the line and run it again");
    users.push_back(*user);
  }
  if (const auto* why = lines.error())
    throw core::Failure(core::Exit::runtime,
                        fmt::format("cannot read --users-from {} to its end, only {} lines: {}",
                                    core::quote(path), report::grouped(std::ssize(users)), *why),
                        "Nobody was admitted: run it again once the file can be read");
  return users;
}

std::vector<UserId> UserLines::next(std::size_t users_max, const std::stop_token& stop) {
  std::vector<UserId> users;
  while (users.size() < users_max && !stop.stop_requested()) {
    const auto line = lines_.next(users.empty() ? stop_checked_every : 0ms);
    if (!line && (!users.empty() || !lines_.open())) break;
    if (!line) continue;
    last_line_ = line->number;
    if (const auto user = user_of(*line)) {
      users.push_back(*user);
    } else {
      ++bad_lines_;
      fmt::print(complaints_, "couponctl apply: line {}: a user {}\n", line->number,
                 user.error().text);
    }
  }
  return users;
}

void UserLines::require_end(std::int64_t asked) const {
  const auto* why = lines_.error();
  if (!why) return;
  const auto fragment = lines_.fragment();
  throw core::Failure(
      core::Exit::runtime,
      fmt::format("cannot read standard input after line {}: {}{}; {} users were "
                  "asked about",
                  report::grouped(last_line_), *why,
                  fragment.empty()
                      ? ""
                      : fmt::format(", and what came of line {} is not a line ({})",
                                    report::grouped(last_line_ + 1), core::quote(fragment)),
                  report::grouped(asked)),
      "The answers above stand. Give it the whole input again: who holds a place is a DUPLICATE");
}

}  // namespace couponctl::cli
