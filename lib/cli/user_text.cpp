#include "cli/user_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "core/format.h"
#include "core/parse.h"

namespace couponctl::cli {
namespace {

std::string_view without_spaces(std::string_view text, TakenAway& taken_away) {
  constexpr std::string_view spaces = " \t";
  const auto begin = std::min(text.find_first_not_of(spaces), text.size());
  const auto bare = text.substr(begin, text.find_last_not_of(spaces) + 1 - begin);
  if (bare.size() < text.size()) ++taken_away.spaces;
  return bare;
}

bool has_quotes(std::string_view text) {
  return text.size() >= 2 && text.front() == text.back() &&
         (text.front() == '"' || text.front() == '\'');
}

}  // namespace

core::Result<core::UserId> parse_user(std::string_view text) {
  const auto number = core::parse_integer(text, 0, std::numeric_limits<std::int64_t>::max());
  if (!number) return number.error();
  return core::UserId{*number};
}

std::string TakenAway::text() const {
  std::vector<std::string> parts;
  const auto add = [&](std::int64_t count, const char* before, const char* one, const char* many) {
    if (count > 0)
      parts.push_back(
          fmt::format("{}{} {}", before, core::grouped(count), count == 1 ? one : many));
  };
  add(byte_order_marks, "", "byte order mark", "byte order marks");
  add(carriage_returns, "", "carriage return", "carriage returns");
  add(spaces, "spaces around ", "id", "ids");
  add(quotes, "quotes around ", "id", "ids");
  add(empty_lines, "", "empty line at the end", "empty lines at the end");
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string_view bare_user(std::string_view text, TakenAway& taken_away) {
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
    ++taken_away.carriage_returns;
  }
  text = without_spaces(text, taken_away);
  if (!has_quotes(text)) return text;
  ++taken_away.quotes;
  return without_spaces(text.substr(1, text.size() - 2), taken_away);
}

std::size_t offence(std::string_view text) {
  const auto at = text.find_first_not_of("0123456789");
  return at == std::string_view::npos ? 0 : at;
}

}  // namespace couponctl::cli
