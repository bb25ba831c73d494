// Names a user: 0 to 2^63-1, so that it fits a Java Long on the wire.
#pragma once

#include <cstdint>

namespace couponctl::core {

enum class UserId : std::int64_t {};

constexpr std::int64_t number(UserId user) { return static_cast<std::int64_t>(user); }

}  // namespace couponctl::core
