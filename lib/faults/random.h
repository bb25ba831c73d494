// How is a number drawn so that a seed means the same on every machine?
#pragma once

#include <cassert>
#include <cstdint>
#include <random>

namespace couponctl::faults {

using Random = std::mt19937_64;

// From `low` to `high`, both included. std::uniform_int_distribution differs between standard
// libraries; what is drawn must not.
inline int between(Random& random, int low, int high) {
  assert(low <= high);
  return low + static_cast<int>(random() % static_cast<std::uint64_t>(high - low + 1));
}

inline bool chance(Random& random, int percent) { return between(random, 1, 100) <= percent; }

}  // namespace couponctl::faults
