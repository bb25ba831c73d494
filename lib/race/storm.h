// Makes the requests of one run, in this process or in several.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "load/workers.h"
#include "process/child.h"
#include "strategies/strategy.h"

namespace couponctl::race {

struct StormPlan {
  load::Plan load;  // its hook is heard in this process only
  int processes = 1;
  // So many callers are held between their read and their write, with one coupon left; of a single
  // process.
  int held = 0;
  // Runs as `<it> worker`, and does what serve_storm() does.
  std::filesystem::path executable = "/proc/self/exe";
};

class Storm {
 public:
  // On what is deployed as `scratch`.
  Storm(StormPlan plan, const strategies::Strategy& strategy, strategies::Scratch scratch);
  ~Storm();
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

  // Until all requests are made, and what the callers share is finished. `on_progress` is told the
  // requests begun. Throws core::Failure if a caller or a process cannot be had.
  load::Load run(const load::Wait& wait, const std::function<void(std::int64_t)>& on_progress);
  // After run(): why what was sent may still be under way; "": it is not.
  const std::string& unfinished() const { return unfinished_; }

  int held() const { return held_; }  // how many stood at their write at the same time

  // For an interlude: ends the first of several processes, with all that it has in hand. What its
  // workers had begun is without an answer.
  void kill_one();

 private:
  struct Process;

  load::Load run_here(const load::Wait& wait, const std::function<void(std::int64_t)>& on_progress);
  load::Load run_apart(const load::Wait& wait,
                       const std::function<void(std::int64_t)>& on_progress);
  void spawn(load::Board& board);
  static void kill(Process& process);
  void gather(const load::Board& board, load::Load& load);

  StormPlan plan_;
  const strategies::Strategy& strategy_;
  strategies::Scratch scratch_;
  std::vector<Process> processes_;
  std::string unfinished_;
  int held_ = 0;
};

// The other end: reads from standard input what to do, does it, and writes down what came of it.
// Throws core::Failure.
void serve_storm();

}  // namespace couponctl::race
