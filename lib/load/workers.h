// Releases all workers at once on one target and records what became of each request.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "core/command_hook.h"
#include "load/history.h"
#include "load/schedule.h"
#include "load/target.h"
#include "load/users.h"

namespace couponctl::load {

struct Plan {
  int threads = 32;
  std::int64_t requests = 1000;  // in total, shared by all threads
  double per_second = 0;         // open loop; 0: closed loop
  Users users = {};
  std::uint64_t seed = 1;
  // Who hears of a worker's commands, asked for once a worker and run; nullptr: nobody.
  std::function<core::CommandHook*(int worker)> hook = [](int) { return nullptr; };
};

// What the workers have seen of one run.
struct Load {
  std::unique_ptr<History> history = std::make_unique<History>();
  std::int64_t answered = 0;
  std::int64_t failed = 0;       // no answer
  std::string first_error = "";  // of those
  bool stopped = false;          // before all requests were made
  std::string broken = "";       // why a worker ended by itself, if one did
  double seconds = 0;            // from the opening of the gate to the last answer
  Clock::time_point opened_at{};

  std::int64_t requests() const { return answered + failed; }
};

// The gate opens when every worker has its caller, so each has its connections by then. A caller
// whose connection broke is replaced: at once, and then after ever longer waits (20 ms to 1 s)
// during which its worker asks nothing. `on_progress` is called on the calling thread a few times a
// second with the requests begun. Throws core::Failure if a worker does not get its first caller.
Load run(const Plan& plan, Attachment& target, const std::stop_token& stop,
         const std::function<void(std::int64_t)>& on_progress);

}  // namespace couponctl::load
