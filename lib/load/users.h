// Decides which user asks in which request.
#pragma once

#include <cstdint>

#include "core/user_id.h"

namespace couponctl::load {

struct Users {
  // Each request a user of its own, all the same user, or one of `count` at random.
  enum class Kind { distinct, same, random } kind = Kind::distinct;
  std::int64_t count = 0;
};

// The user of request number `index` (from 0): the same for the same seed.
core::UserId user_of(const Users& users, std::uint64_t seed, std::int64_t index);

}  // namespace couponctl::load
