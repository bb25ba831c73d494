// Waits until nothing is left to be written, for as long as something moves.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "core/result.h"
#include "load/target.h"

namespace couponctl::load {

// Whoever has not moved for so long will not move any more: longer than a server that restarts
// needs, and than the longest time-out of a client (15 s).
constexpr std::chrono::seconds quiet_max{20};

// Asks `left` again and again until it is 0; an error of it is passing. Ends without: when a stop
// is requested, at the deadline, or when what is left is the same for `quiet_max`. The error then
// says how many `what` are left, and the last error.
core::Result<void> drain(const Wait& wait, std::string_view what,
                         const std::function<core::Result<std::int64_t>()>& left,
                         std::chrono::nanoseconds quiet = quiet_max);

}  // namespace couponctl::load
