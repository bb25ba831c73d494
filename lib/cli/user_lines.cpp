#include "cli/user_lines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "cli/usage_error.h"
#include "core/parse.h"
#include "process/file_descriptor.h"
#include "report/units.h"

namespace couponctl::cli {
namespace {

using core::UserId;
using namespace std::chrono_literals;

constexpr auto stop_checked_every = 100ms;

// Neither a writer that a FIFO has not got yet nor one that writes nothing is waited for here.
process::FileDescriptor open_users(const std::string& path) {
  const auto fail = [&](const char* why) {
    return UsageError("couponctl apply",
                      fmt::format("cannot read users from {}: {}", core::quote(path), why));
  };
  process::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) throw fail(std::strerror(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode)) throw fail("a directory");
  return file;
}

std::string complaint(const UserInput& input, const Applicant& applicant) {
  return fmt::format("{}:{}:{}: {}", input.name, applicant.line, applicant.column, applicant.wrong);
}

}  // namespace

std::vector<UserId> read_users(const UserInput& input, const std::stop_token& stop,
                               const Say& note) {
  const auto file = open_users(input.name);
  UserReader reader(file.get(), input);
  std::vector<UserId> users;
  while (!stop.stop_requested()) {
    const auto applicant = reader.next(stop_checked_every);
    if (!applicant && !reader.lines().open()) break;
    if (!applicant) continue;
    if (!applicant->wrong.empty())
      throw UsageError("", complaint(input, *applicant),
                       applicant->is_table
                           ? "Nobody was admitted: mend the line, or of a CSV file with a header "
                             "name the column: --users-column NAME"
                           : "Nobody was admitted: mend the line and run it again");
    users.push_back(applicant->user);
  }
  if (const auto* why = reader.lines().error())
    throw core::Failure(
        core::Exit::runtime,
        fmt::format("cannot read users from {} to the end, only {} of them: {}",
                    core::quote(input.name), report::grouped(std::ssize(users)), *why),
        "Nobody was admitted: run it again once the file can be read");
  if (const auto taken = reader.taken_away().text(); !taken.empty())
    note(fmt::format("{}: taken away: {}", input.name, taken));
  return users;
}

std::vector<UserId> UserLines::next(std::size_t users_max, const std::stop_token& stop) {
  std::vector<UserId> users;
  while (users.size() < users_max && !stop.stop_requested()) {
    const auto applicant = reader_.next(users.empty() ? stop_checked_every : 0ms);
    if (!applicant && (!users.empty() || !reader_.lines().open())) break;
    if (!applicant) continue;
    last_line_ = applicant->line;
    if (applicant->is_last)
      throw UsageError("", complaint(input_, *applicant),
                       "The answers above stand, and nothing behind this was read: mend it and "
                       "give it the whole input again");
    if (applicant->wrong.empty()) {
      users.push_back(applicant->user);
    } else {
      ++bad_lines_;
      complain_(complaint(input_, *applicant));
    }
  }
  return users;
}

void UserLines::require_end(std::int64_t asked) const {
  const auto* why = reader_.lines().error();
  if (!why) return;
  const auto fragment = reader_.lines().fragment();
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
