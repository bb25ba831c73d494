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
#include "process/line_reader.h"

namespace couponctl::cli {

// 0..2^63-1; the error is a phrase that follows the name of a flag or line.
core::Result<core::UserId> parse_user(std::string_view text);

// One user on each line. Throws UsageError that names the first bad line, and core::Failure where
// the file cannot be read to its end: nobody is to be admitted then. Fewer when `stop` is
// requested.
std::vector<core::UserId> read_users(const std::string& path, const std::stop_token& stop);

// A descriptor's users in batches, each of what has arrived, so that one who pipes line by line is
// answered line by line. A bad line is complained of and passed over.
class UserLines {
 public:
  UserLines(int descriptor, std::FILE* complaints) : lines_(descriptor), complaints_(complaints) {}

  // Up to `users_max`; none when the input ends or breaks, or `stop` is requested.
  std::vector<core::UserId> next(std::size_t users_max, const std::stop_token& stop);

  std::int64_t bad_lines() const { return bad_lines_; }
  // Throws core::Failure(runtime) if the input broke instead of coming to its end. `asked` is how
  // many users were asked about.
  void require_end(std::int64_t asked) const;

 private:
  process::LineReader lines_;
  std::FILE* complaints_;
  std::int64_t last_line_ = 0;
  std::int64_t bad_lines_ = 0;
};

}  // namespace couponctl::cli
