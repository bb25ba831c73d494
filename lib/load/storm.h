// Releases all workers at once on one strategy and records what each was told.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/user_id.h"
#include "load/histogram.h"
#include "strategies/strategy.h"

namespace couponctl::load {

// Who asks: each request a user of its own, all the same user, or one of `count` at random.
struct Users {
  enum class Kind { distinct, same, random } kind = Kind::distinct;
  std::int64_t count = 0;
};

struct Plan {
  int threads = 32;
  std::int64_t requests = 1000;  // in total, shared by all threads
  Users users;
  std::uint64_t seed = 1;
};

// The user of request number `index`: the same for the same plan.
core::UserId user_of(const Plan& plan, std::int64_t index);

struct Storm {
  Histogram latency;          // of every request that got an answer
  Histogram granted_latency;  // of those that were granted
  std::vector<core::UserId> granted;
  std::int64_t requests = 0;  // made; fewer than planned when stopped
  std::int64_t errors = 0;
  std::string first_error;
  double seconds = 0;  // from the opening of the gate to the last answer
};

// Closed loop: each of the plan's threads sends its next request when the last one is answered.
// `on_progress` is called on the calling thread a few times a second with the requests begun.
// Throws core::Failure if a worker cannot connect.
Storm storm(const Plan& plan, strategies::Strategy& strategy, const std::stop_token& stop,
            const std::function<void(std::int64_t)>& on_progress);

}  // namespace couponctl::load
