// What a design costs the servers: how many commands it sends for a request.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/command_hook.h"

namespace couponctl::race {

// Per request, those of whoever works in the background among them.
struct Cost {
  double sql_statements = 0;
  double redis_commands = 0;
};

// Counts what its hooks hear of. They live as long as this.
class CostMeter {
 public:
  core::CommandHook* hook();

  // From now on it counts from 0.
  void begin();
  Cost of(std::int64_t requests) const;

 private:
  std::int64_t count(core::Server server) const;

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<core::CommandCounter>> counters_;
  std::int64_t sql_before_ = 0, redis_before_ = 0;
};

}  // namespace couponctl::race
