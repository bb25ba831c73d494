// Releases all workers at once on one target and records what became of each request.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/command_hook.h"
#include "load/board.h"
#include "load/history.h"
#include "load/target.h"
#include "load/users.h"

namespace couponctl::load {

// Something that is done in the middle of a run: once `at` requests are drawn, by whoever conducts
// it. Until it is done, `room` more may be made.
struct Interlude {
  std::int64_t at = 0;
  std::int64_t room = 0;
  std::function<void()> act;
};

struct Plan {
  int threads = 32;
  std::int64_t requests = 1000;  // in total, shared by all threads
  double per_second = 0;         // open loop; 0: closed loop
  Users users = {};
  std::uint64_t seed = 1;
  // Who hears of a worker's commands, asked for once a worker and run; nullptr: nobody.
  std::function<core::CommandHook*(int worker)> hook = [](int) { return nullptr; };
  std::vector<Interlude> interludes = {};  // in their order
  std::size_t history_kept = 256;          // calls that a worker writes at once
};

// What the workers of one process have seen of a run.
struct Part {
  std::int64_t answered = 0;
  std::int64_t failed = 0;       // no answer
  std::string first_error = "";  // of those
  std::string broken = "";       // why a worker ended by itself, if one did
  Clock::time_point finished_at{};
};

// What became of one run.
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
  void add(const Part& part);  // once opened_at is set
};

// The gate opens when every worker has its caller, so each has its connections by then. A caller
// whose connection broke is replaced: at once, and then after ever longer waits (20 ms to 1 s)
// during which its worker asks nothing. `on_progress` is called on the calling thread a few times a
// second with the requests begun. Throws core::Failure if a worker does not get its first caller.
Load run(const Plan& plan, Attachment& target, const std::stop_token& stop,
         const std::function<void(std::int64_t)>& on_progress);

Outcome outcome_of(Answer answer);

// The two halves of it, for a run whose workers are in several processes. Each makes its share,
// with plan.threads workers of its own, numbered from `first_worker` on, until the board is over or
// nothing is left.
Part work(const Plan& plan, Board& board, History& history, Attachment& target, int first_worker);
// One opens the gate once all plan.threads have come, and carries out the interludes, until it has
// `finished`, which may wait so long for that.
void conduct(const Plan& plan, Board& board, const std::stop_token& stop,
             const std::function<void(std::int64_t)>& on_progress,
             const std::function<bool(std::chrono::milliseconds)>& finished);

}  // namespace couponctl::load
