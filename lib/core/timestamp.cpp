#include "core/timestamp.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "core/parse.h"

namespace couponctl::core {
namespace {

// Takes the text apart from the front.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // Exactly so many digits, or nothing.
  std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  bool skip(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// What is wrong with a part of it.
struct Wrong {
  std::string_view why;
};

int demand(std::optional<int> number, std::string_view why) {
  if (!number) throw Wrong{why};
  return *number;
}

// Two digits behind that character.
int demand_behind(char before, Reader& reader, std::string_view why) {
  return demand(reader.skip(before) ? reader.digits(2) : std::nullopt, why);
}

std::chrono::sys_days read_date(Reader& reader) {
  constexpr std::string_view why = "the date is not YYYY-MM-DD";
  const auto year = demand(reader.digits(4), why);
  const auto month = demand_behind('-', reader, why);
  const auto day = demand_behind('-', reader, why);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) throw Wrong{"there is no such day"};
  return std::chrono::sys_days(date);
}

std::chrono::seconds read_time(Reader& reader) {
  if (!reader.skip('T') && !reader.skip('t') && !reader.skip(' '))
    throw Wrong{"no T and time of day behind the date"};
  constexpr std::string_view why = "the time of day is not HH:MM:SS";
  const auto hours = demand(reader.digits(2), why);
  const auto minutes = demand_behind(':', reader, why);
  const auto seconds = demand_behind(':', reader, why);
  if (hours > 23 || minutes > 59 || seconds > 59) throw Wrong{"there is no such time of day"};
  return std::chrono::hours(hours) + std::chrono::minutes(minutes) + std::chrono::seconds(seconds);
}

// What follows the dot, or 0 where there is none; what is less than a millisecond is cut off.
int read_fraction_ms(Reader& reader) {
  constexpr int digits_max = 9;
  if (!reader.skip('.')) return 0;
  int ms = 0;
  int scale = 100;
  int digits = 0;
  for (auto digit = reader.digits(1); digit; digit = reader.digits(1), scale /= 10, ++digits)
    ms += *digit * scale;
  if (digits == 0 || digits > digits_max) throw Wrong{"a fraction has 1 to 9 digits"};
  return ms;
}

// How far the time is ahead of UTC: Z, +09:00 or +0900.
std::chrono::minutes read_offset(Reader& reader) {
  if (reader.skip('Z') || reader.skip('z')) return {};
  if (reader.at_end()) throw Wrong{"no time zone: add Z, or an offset such as +09:00"};
  constexpr std::string_view why = "the time zone is not Z, +HH:MM or -HH:MM";
  const int sign = reader.skip('+') ? 1 : reader.skip('-') ? -1 : 0;
  if (sign == 0) throw Wrong{why};
  const auto hours = demand(reader.digits(2), why);
  reader.skip(':');
  const auto minutes = demand(reader.digits(2), why);
  if (hours > 23 || minutes > 59) throw Wrong{why};
  return sign * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
}

std::int64_t read_moment(std::string_view text) {
  constexpr std::int64_t year_10000_ms = 253'402'300'800'000;
  Reader reader(text);
  const auto day = read_date(reader);
  const auto time = read_time(reader);
  const auto fraction_ms = read_fraction_ms(reader);
  const auto moment = day + time - read_offset(reader);
  if (!reader.at_end()) throw Wrong{"something stands behind the time zone"};
  const auto ms = std::chrono::milliseconds(moment.time_since_epoch()).count() + fraction_ms;
  if (ms < 0 || ms >= year_10000_ms) throw Wrong{"not in the years 1970 to 9999"};
  return ms;
}

}  // namespace

Result<std::int64_t> parse_timestamp(std::string_view text) {
  try {
    return read_moment(text);
  } catch (const Wrong& wrong) {
    return Error{Fault::invalid,
                 {},
                 fmt::format("must be a time such as 2026-12-01T10:00:00+09:00 or "
                             "2026-12-01T01:00:00Z (got {}: {})",
                             quote(text), wrong.why)};
  }
}

std::string format_timestamp(std::int64_t ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> moment{std::chrono::milliseconds(ms)};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(moment - day);
  const auto fraction = time.subseconds().count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     fraction == 0 ? "" : fmt::format(".{:03}", fraction));
}

}  // namespace couponctl::core
