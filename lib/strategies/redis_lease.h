// A lock on Redis that ends by itself: SET NX PX, and a release by whoever still holds it.
#pragma once

#include <string>

#include "strategies/redis_keys.h"

namespace couponctl::strategies {

// One connection to the lock of one run; used by one thread.
class RedisLease {
 public:
  explicit RedisLease(const Scratch& scratch);  // throws core::Failure

  // Tries until it is free. Error: Fault::refused if it was not to be had in time.
  core::Result<void> acquire();
  // Of one that has run out, and that somebody else may hold now, nothing is taken away.
  core::Result<void> release();

 private:
  std::string lock_;
  std::string token_;  // nobody else's
  std::string lease_ms_;
  redis::Client client_;
};

}  // namespace couponctl::strategies
