// The sources' Redis keys, under a scratch prefix.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/user_id.h"
#include "redis/client.h"
#include "strategies/scratch.h"

namespace couponctl::strategies {

constexpr std::string_view users_key = "applied_user";  // a set, or a sorted one: who has applied
constexpr std::string_view queue_key = "coupon_queue";  // a list: who is to get a row
constexpr std::string_view lock_key = "coupon_lock";

// Those of one run, whichever of them a design uses.
std::vector<std::string> redis_keys(const Scratch& scratch);

// Throws core::Failure(unreachable).
redis::Client connect(const redis::Address& address);

// One connection to count and set; used by one thread.
class RedisCounter {
 public:
  explicit RedisCounter(const Scratch& scratch);  // throws core::Failure

  // INCR of scratch.count_key: the value after the increment.
  core::Result<std::int64_t> increment();
  // SADD applied_user: false if the user was in it already.
  core::Result<bool> add_user(core::UserId user);

 private:
  std::string count_;
  std::string users_;
  redis::Client client_;
};

}  // namespace couponctl::strategies
