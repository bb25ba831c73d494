// Which plans have found a bug in the product? They are run before each set of trials.
#pragma once

#include <cstdint>
#include <string_view>

namespace couponctl::fault {

struct Regression {
  std::uint64_t seed;
  std::string_view found;
};

// A seed means the same plan as long as draw() draws as it did. Most of these bugs showed in some
// runs of the plan only.
inline constexpr Regression regressions[] = {
    {1739499201251340255, "a partition that was paused in a rebalance was never read again"},
    {5227230725335000124, "the same"},
    {16839827797137734171U, "librdkafka aborts when an assignment follows another at once"},
    {7086638178683056257, "the same"},
    {6063221543909367921, "a consumer hung while it was closed"},
    {2401573416144821480, "the same"},
    {1854164870865395556, "audit: foreign coupons that were restored all have seq 0"},
    {4422453199462824726, "a database that dies while consume starts was exit 1, not 3"},
};

}  // namespace couponctl::fault
