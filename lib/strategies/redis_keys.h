// The sources' Redis keys coupon_count and applied_user, under a scratch prefix.
#pragma once

#include <string>

#include "strategies/strategy.h"

namespace couponctl::strategies {

// Removes exactly these two keys at the start of a round and at the end.
class RedisKeys {
 public:
  explicit RedisKeys(const Scratch& scratch);
  ~RedisKeys();
  RedisKeys(const RedisKeys&) = delete;
  RedisKeys& operator=(const RedisKeys&) = delete;

  void clear();  // throws core::Failure

 private:
  redis::Address address_;
  std::string count_;
  std::string users_;
};

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
