#include "load/users.h"

namespace couponctl::load {
namespace {

// SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014): a good mix of a counter.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

core::UserId user_of(const Users& users, std::uint64_t seed, std::int64_t index) {
  switch (users.kind) {
    case Users::Kind::distinct:
      return core::UserId{index + 1};
    case Users::Kind::same:
      return core::UserId{1};
    case Users::Kind::random:
      break;
  }
  const auto draw = mix(seed ^ mix(static_cast<std::uint64_t>(index)));
  return core::UserId{static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(users.count)) +
                      1};
}

}  // namespace couponctl::load
