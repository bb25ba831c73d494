#include "cli/user_lines.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <utility>

#include "cli/misuse.h"
#include "core/parse.h"

namespace couponctl::cli {
namespace {

using core::UserId;

constexpr int stop_checked_every_ms = 100;

bool more_has_arrived(int wait_ms) {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return ::poll(&input, 1, wait_ms) > 0;
}

// Lines that end as on Windows are lines.
std::string_view without_return(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

}  // namespace

core::Result<UserId> parse_user(std::string_view text) {
  const auto number = core::parse_integer(text, 0, std::numeric_limits<std::int64_t>::max());
  if (!number) return number.error();
  return UserId{*number};
}

std::vector<UserId> read_users(const std::string& path) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path))
    throw Misuse("couponctl apply",
                 fmt::format("cannot read --users-from {}: {}", core::quote(path),
                             file ? "a directory" : std::strerror(errno)));
  std::vector<UserId> users;
  std::string line;
  for (std::int64_t number = 1; std::getline(file, line); ++number) {
    const auto user = parse_user(without_return(line));
    if (!user)
      throw Misuse("", fmt::format("{}:{}: a user {}", path, number, user.error().text),
                   "Nobody was admitted: mend the line and run it again");
    users.push_back(*user);
  }
  return users;
}

std::vector<UserId> UserLines::next(std::size_t users_max, const std::stop_token& stop) {
  std::vector<UserId> users;
  while (users.size() < users_max && !stop.stop_requested()) {
    if (take_line(users)) continue;
    if (ended_ || (!users.empty() && !more_has_arrived(0))) break;
    if (more_has_arrived(stop_checked_every_ms)) fill();
  }
  return users;
}

bool UserLines::take_line(std::vector<UserId>& users) {
  const auto rest = std::string_view(buffer_).substr(taken_);
  const auto end = rest.find('\n');
  if (rest.empty() || (end == std::string_view::npos && !ended_)) return false;
  const auto line = rest.substr(0, end);
  taken_ += std::min(line.size() + 1, rest.size());
  ++line_number_;
  if (const auto user = parse_user(without_return(line))) {
    users.push_back(*user);
  } else {
    ++bad_lines_;
    fmt::print(complaints_, "couponctl apply: line {}: a user {}\n", line_number_,
               user.error().text);
  }
  return true;
}

void UserLines::fill() {
  char bytes[1 << 16];
  const auto size = ::read(STDIN_FILENO, bytes, sizeof bytes);
  if (size <= 0) ended_ = true;
  buffer_.erase(0, std::exchange(taken_, 0));
  if (size > 0) buffer_.append(bytes, static_cast<std::size_t>(size));
}

}  // namespace couponctl::cli
