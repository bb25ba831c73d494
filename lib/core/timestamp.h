// Reads and writes moments as RFC 3339 has them: "2026-12-01T10:00:00+09:00".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace couponctl::core {

// Milliseconds since 1970 UTC. "Z" or an offset is demanded: a local time would mean another moment
// on another machine. Accepted too are +0900, z, t or a space for T, and up to nine decimals of a
// second, of which three count. 1970 to 9999; no leap second. The error is a phrase that follows
// the name of a flag, variable or key, and names the part that is wrong.
Result<std::int64_t> parse_timestamp(std::string_view text);

// In UTC, with milliseconds only where there are some: "2026-12-01T01:00:00Z". Of 1970 to 9999.
std::string format_timestamp(std::int64_t ms);

}  // namespace couponctl::core
