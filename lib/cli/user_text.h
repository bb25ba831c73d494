// Which user does a piece of text mean, and what had to be taken away from it to see that?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"
#include "core/user_id.h"

namespace couponctl::cli {

// 0..2^63-1, strictly; the error is a phrase that follows the name of a flag or line.
core::Result<core::UserId> parse_user(std::string_view text);

// How often which of what programs leave around an id was taken away.
struct TakenAway {
  std::int64_t byte_order_marks = 0;
  std::int64_t carriage_returns = 0;
  std::int64_t spaces = 0;
  std::int64_t quotes = 0;
  std::int64_t empty_lines = 0;

  // "2 carriage returns, spaces around 1 id"; "" if nothing was.
  std::string text() const;
};

// `text` without what nobody can mistake for a part of an id: a carriage return at its end, and
// around it spaces, tabs and one pair of quotes. Counts it.
std::string_view bare_user(std::string_view text, TakenAway& taken_away);

// The first byte of a user's text that is not a digit; 0 if it is something else that is wrong.
std::size_t offence(std::string_view text);

}  // namespace couponctl::cli
