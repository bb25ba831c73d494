// Reads numbers, durations and addresses strictly: what is not exactly right is refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace couponctl::core {

// Every error's text is a phrase that follows the name of a flag, variable or key:
// `must be 1..1000000000 (got "010": leading zero)`.

// Decimal digits only: no sign but a leading '-', no space, no leading zero, no 0x, no exponent.
Result<std::int64_t> parse_integer(std::string_view text, std::int64_t min, std::int64_t max);

// 0..2^63-1 in its only spelling; nullopt for anything else.
std::optional<std::int64_t> whole_number(std::string_view text);

// A plain decimal fraction such as 0.25 or 20000: no sign, exponent, nan, inf or hexadecimal.
Result<double> parse_number(std::string_view text, double min, double max);

// A whole number and a unit (ms, s, m, h): "250ms", "5s". A bare number is refused.
Result<std::chrono::milliseconds> parse_duration(std::string_view text,
                                                 std::chrono::milliseconds min,
                                                 std::chrono::milliseconds max);

// "true" or "false".
Result<bool> parse_bool(std::string_view text);

// One of `choices`.
Result<std::string> parse_choice(std::string_view text, const std::vector<std::string>& choices);

struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  std::string text() const { return host + ":" + std::to_string(port); }
};

// "host" or "host:port", port 1..65535; IPv6 hosts stand in brackets.
Result<HostPort> parse_host_port(std::string_view text, std::uint16_t default_port);

// "250ms", "1.5s", "2m": for messages.
std::string format_duration(std::chrono::nanoseconds duration);

// The text in double quotes, at most 64 bytes of it, printable().
std::string quote(std::string_view text);

}  // namespace couponctl::core
