#include "core/parse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "core/printable.h"

namespace couponctl::core {
namespace {

constexpr std::size_t quoted_max = 64;

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Error invalid(std::string_view rule, std::string_view text, std::string_view reason) {
  return {Fault::invalid, {}, fmt::format("must be {} (got {}: {})", rule, quote(text), reason)};
}

// Why `text` is no plain run of digits, or "" if it is one.
std::string_view digits_problem(std::string_view text) {
  if (text.empty()) return "empty";
  if (!all_digits(text)) return "not a plain decimal number";
  if (text.size() > 1 && text.front() == '0') return "leading zero";
  return "";
}

}  // namespace

Result<std::int64_t> parse_integer(std::string_view text, std::int64_t min, std::int64_t max) {
  const auto rule = fmt::format("{}..{}", min, max);
  const bool negative = text.starts_with('-');
  const auto problem = digits_problem(negative ? text.substr(1) : text);
  if (!problem.empty()) return invalid(rule, text, problem);
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{}) return invalid(rule, text, "too large for 64 bits");
  if (value < min || value > max) return invalid(rule, text, "out of range");
  return value;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  if (!digits_problem(text).empty()) return std::nullopt;
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc{} ? std::optional(value) : std::nullopt;
}

Result<double> parse_number(std::string_view text, double min, double max) {
  const auto rule = fmt::format("a number {}..{}", min, max);
  const auto dot = text.find('.');
  const auto problem = digits_problem(text.substr(0, dot));
  if (!problem.empty()) return invalid(rule, text, problem);
  if (dot != std::string_view::npos && !all_digits(text.substr(dot + 1)))
    return invalid(rule, text, "not a plain decimal number");
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || value < min || value > max)
    return invalid(rule, text, "out of range");
  return value;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text,
                                                 std::chrono::milliseconds min,
                                                 std::chrono::milliseconds max) {
  struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
  };
  constexpr Unit units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  const auto rule = fmt::format("{}..{}", format_duration(min), format_duration(max));
  const auto split = std::min(text.find_first_not_of("0123456789"), text.size());
  if (split == 0) return invalid(rule, text, "not a number and a unit");
  const auto problem = digits_problem(text.substr(0, split));
  if (!problem.empty()) return invalid(rule, text, problem);
  if (split == text.size()) return invalid(rule, text, "no unit: write 500ms, 5s, 2m or 1h");
  const auto* const unit = std::ranges::find(units, text.substr(split), &Unit::name);
  if (unit == std::end(units)) return invalid(rule, text, "unknown unit: use ms, s, m or h");
  std::int64_t count = 0;
  const auto read = std::from_chars(text.data(), text.data() + split, count);
  if (read.ec != std::errc{} || count > max.count() / unit->milliseconds)
    return invalid(rule, text, "out of range");
  const std::chrono::milliseconds value{count * unit->milliseconds};
  if (value < min) return invalid(rule, text, "out of range");
  return value;
}

Result<bool> parse_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return invalid("true or false", text, "neither");
}

Result<std::string> parse_choice(std::string_view text, const std::vector<std::string>& choices) {
  if (std::ranges::find(choices, text) != choices.end()) return std::string(text);
  return Error{Fault::invalid,
               {},
               fmt::format("must be one of {} (got {})", fmt::join(choices, ", "), quote(text))};
}

Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port) {
  constexpr std::string_view rule = "host:port with a port 1..65535";
  std::string_view host = text;
  std::string_view port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return invalid(rule, text, "no closing bracket");
    host = text.substr(1, close - 1);
    const auto rest = text.substr(close + 1);
    has_port = rest.starts_with(':');
    if (!rest.empty() && !has_port) return invalid(rule, text, "something after the bracket");
    port = has_port ? rest.substr(1) : "";
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  }
  if (host.empty()) return invalid(rule, text, "no host");
  if (host.find_first_of(" \t\r\n/@,") != std::string_view::npos)
    return invalid(rule, text, "not a host name");
  if (!has_port) return HostPort{std::string(host), default_port};
  const auto number = parse_integer(port, 1, 65535);
  if (!number) return invalid(rule, text, "no such port");
  return HostPort{std::string(host), static_cast<std::uint16_t>(*number)};
}

std::string format_duration(std::chrono::nanoseconds duration) {
  using namespace std::chrono;
  const auto ns = duration.count();
  if (duration >= hours(1) && duration % hours(1) == 0ns)
    return fmt::format("{}h", ns / nanoseconds(hours(1)).count());
  if (duration >= minutes(1) && duration % minutes(1) == 0ns)
    return fmt::format("{}m", ns / nanoseconds(minutes(1)).count());
  if (duration >= seconds(1)) return fmt::format("{:.3g}s", static_cast<double>(ns) / 1e9);
  if (duration >= milliseconds(1)) return fmt::format("{:.3g}ms", static_cast<double>(ns) / 1e6);
  return fmt::format("{:.3g}us", static_cast<double>(ns) / 1e3);
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  std::size_t end = 0;
  while (end < text.size()) {
    const auto character = text.substr(end, character_size(text.substr(end)));
    if (end + character.size() > quoted_max) break;
    end += character.size();
    if (character == "\"" || character == "\\") out += '\\';
    out += character;
  }
  return printable(out) + (end < text.size() ? "…\"" : "\"");
}

}  // namespace couponctl::core
