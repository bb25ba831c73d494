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

std::optional<std::chrono::sys_days> read_date(Reader& reader) {
  const auto year = reader.digits(4);
  const auto month = reader.skip('-') ? reader.digits(2) : std::nullopt;
  const auto day = reader.skip('-') ? reader.digits(2) : std::nullopt;
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

// "10:00" as minutes.
std::optional<int> read_minutes(Reader& reader) {
  const auto hours = reader.digits(2);
  const auto minutes = reader.skip(':') ? reader.digits(2) : std::nullopt;
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return *hours * 60 + *minutes;
}

// What follows the dot, or 0 where there is none.
std::optional<int> read_fraction_ms(Reader& reader) {
  if (!reader.skip('.')) return 0;
  int ms = 0;
  int scale = 100;
  for (auto digit = reader.digits(1); digit; digit = reader.digits(1), scale /= 10) {
    if (scale == 0) return std::nullopt;
    ms += *digit * scale;
  }
  return scale == 100 ? std::nullopt : std::optional(ms);
}

// Minutes that the time is ahead of UTC.
std::optional<int> read_offset(Reader& reader) {
  if (reader.skip('Z')) return 0;
  const int sign = reader.skip('+') ? 1 : reader.skip('-') ? -1 : 0;
  const auto minutes = sign == 0 ? std::nullopt : read_minutes(reader);
  return minutes ? std::optional(sign * *minutes) : std::nullopt;
}

std::optional<std::int64_t> read_moment(std::string_view text) {
  Reader reader(text);
  const auto date = read_date(reader);
  const auto minutes = date && reader.skip('T') ? read_minutes(reader) : std::nullopt;
  const auto seconds = minutes && reader.skip(':') ? reader.digits(2) : std::nullopt;
  const auto fraction_ms = seconds ? read_fraction_ms(reader) : std::nullopt;
  const auto offset = fraction_ms ? read_offset(reader) : std::nullopt;
  if (!offset || *seconds > 59 || !reader.at_end()) return std::nullopt;
  const auto moment =
      *date + std::chrono::minutes(*minutes - *offset) + std::chrono::seconds(*seconds);
  return std::chrono::milliseconds(moment.time_since_epoch()).count() + *fraction_ms;
}

}  // namespace

Result<std::int64_t> parse_timestamp(std::string_view text) {
  constexpr std::int64_t year_10000_ms = 253'402'300'800'000;
  const auto ms = read_moment(text);
  if (!ms || *ms < 0 || *ms >= year_10000_ms)
    return Error{Fault::invalid,
                 {},
                 fmt::format("must be a time such as 2026-12-01T10:00:00+09:00 or "
                             "2026-12-01T01:00:00Z (got {})",
                             quote(text))};
  return *ms;
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
