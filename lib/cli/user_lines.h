// Reads the users that apply asks for: a file as a whole, standard input as it comes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/user_id.h"

namespace couponctl::cli {

// 0..2^63-1; the error is a phrase that follows the name of a flag or line.
core::Result<core::UserId> parse_user(std::string_view text);

// One user on each line. Throws Misuse that names the first bad line: nobody is to be admitted
// then.
std::vector<core::UserId> read_users(const std::string& path);

// Standard input in batches, each of what has arrived, so that one who pipes line by line is
// answered line by line. A bad line is complained of and passed over.
class UserLines {
 public:
  explicit UserLines(std::FILE* complaints) : complaints_(complaints) {}

  // Up to `users_max`; none at the end of the input or when `stop` is requested.
  std::vector<core::UserId> next(std::size_t users_max, const std::stop_token& stop);

  std::int64_t bad_lines() const { return bad_lines_; }

 private:
  bool take_line(std::vector<core::UserId>& users);
  void fill();

  std::FILE* complaints_;
  std::string buffer_;
  std::size_t taken_ = 0;  // of the buffer
  bool ended_ = false;
  std::int64_t line_number_ = 0;
  std::int64_t bad_lines_ = 0;
};

}  // namespace couponctl::cli
