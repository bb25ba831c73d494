// How is one run made, with or without a fault?
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "load/target.h"
#include "load/workers.h"
#include "race/bench.h"
#include "race/fault.h"
#include "strategies/strategy.h"

namespace couponctl::race {

// What became of its requests.
struct Made {
  load::Load load = {};
  std::string unfinished = "";  // why what the callers sent may still be under way
  std::string spoilt = "";      // why it shows nothing, whatever came of it
  std::int64_t held = 0;
  std::int64_t asked_again = 0;
  std::optional<load::Clock::time_point> healed_at = std::nullopt;  // when a fault was over
};

// The same, for as long as a deployment may take to begin something.
load::Wait soon(const load::Wait& wait);

// In so many processes the callers of a run are.
int processes_of(const BenchPlan& plan);

// Of a deployment that was reset for this run. What it is made of outlives it.
class RunMaker {
 public:
  struct Of {
    const BenchPlan& plan;
    const strategies::Strategy& strategy;
    const strategies::Scratch& scratch;
    load::Deployment& deployment;
    KillSwitch& kill_switch;
  };

  // `load` is the plan's, with who hears of it.
  RunMaker(const Of& of, load::Plan load) : of_(of), load_(std::move(load)) {}

  // Throws core::Failure if it cannot be made.
  Made make(const load::Wait& wait, const std::function<void(std::int64_t)>& on_progress);
  // Waits until nothing of it moves any more; why it still may, or "".
  std::string await_settled(const Made& made, const load::Wait& wait);

 private:
  using Progress = std::function<void(std::int64_t)>;

  Made make_plain(const load::Wait& wait, const Progress& on_progress);
  Made make_through(Fault fault, const load::Wait& wait, const Progress& on_progress);
  Made make_without_consumer(const load::Wait& wait, const Progress& on_progress);
  Made make_of_next_event(const load::Wait& wait, const Progress& on_progress);
  void kill_consumer(const load::Wait& wait);
  void ask_again(Made& made, const load::Wait& wait);

  Of of_;
  load::Plan load_;
};

}  // namespace couponctl::race
