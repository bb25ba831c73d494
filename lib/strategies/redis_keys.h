// The sources' Redis keys coupon_count and applied_user, under a scratch prefix.
#pragma once

#include <string>
#include <vector>

#include "core/user_id.h"
#include "redis/client.h"
#include "strategies/scratch.h"

namespace couponctl::strategies {

// Both, of one run.
std::vector<std::string> redis_keys(const Scratch& scratch);

// One connection to those keys; used by one thread.
class RedisCounter {
 public:
  explicit RedisCounter(const Scratch& scratch);  // throws core::Failure

  // INCR coupon_count: the value after the increment.
  core::Result<std::int64_t> increment();
  // SADD applied_user: false if the user was in it already.
  core::Result<bool> add_user(core::UserId user);

 private:
  std::string count_;
  std::string users_;
  redis::Client client_;
};

}  // namespace couponctl::strategies
