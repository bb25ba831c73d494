// Reads the users that apply asks for: a file as a whole, standard input as it comes.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "cli/user_reader.h"
#include "core/user_id.h"

namespace couponctl::cli {

// Says something to the person at the terminal.
using Say = std::function<void(const std::string&)>;

// All users of the file `input.name`. Throws UsageError that names the first bad line and column,
// and core::Failure where the file cannot be read to its end: nobody is to be admitted then. Fewer
// when `stop` is requested. `note` hears what was taken away.
std::vector<core::UserId> read_users(const UserInput& input, const std::stop_token& stop,
                                     const Say& note);

// A descriptor's users in batches, each of what has arrived, so that one who pipes line by line is
// answered line by line. A bad line is complained of and passed over.
class UserLines {
 public:
  UserLines(int descriptor, UserInput input, Say complain)
      : input_(std::move(input)), reader_(descriptor, input_), complain_(std::move(complain)) {}

  // Up to `users_max`; none when the input ends or breaks, or `stop` is requested.
  std::vector<core::UserId> next(std::size_t users_max, const std::stop_token& stop);

  std::int64_t bad_lines() const { return bad_lines_; }
  TakenAway taken_away() const { return reader_.taken_away(); }
  // Throws core::Failure(runtime) if the input broke instead of coming to its end. `asked` is how
  // many users were asked about.
  void require_end(std::int64_t asked) const;

 private:
  UserInput input_;
  UserReader reader_;
  Say complain_;
  std::int64_t last_line_ = 0;
  std::int64_t bad_lines_ = 0;
};

}  // namespace couponctl::cli
