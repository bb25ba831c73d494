// One design in the race: makes its runs, and knows how they came out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "load/target.h"
#include "load/workers.h"
#include "race/bench.h"
#include "race/bystander.h"
#include "race/cost.h"
#include "race/explain.h"
#include "race/fault.h"
#include "race/made_run.h"
#include "race/result.h"
#include "race/verdict.h"
#include "strategies/strategy.h"

namespace couponctl::race {

// `plan` outlives it.
class Contestant {
 public:
  Contestant(const BenchPlan& plan, strategies::Strategy strategy, strategies::Scratch scratch);

  const strategies::Info& info() const { return strategy_.info; }
  bool is_out() const { return !out_.empty(); }
  void skip(const std::string& why);

  // Makes one run. Nothing of it is counted if `counts` is false, or if it is interrupted. Throws
  // only what plan.on_run does.
  void run(std::int64_t number, bool counts, const load::Wait& wait,
           const std::function<void(std::int64_t)>& on_progress);

  DesignResult conclude(const Demand& demand);

  // What could not be removed, or "".
  std::string clean_up(const load::Wait& wait);

 private:
  // One run, and what was there when it was over.
  struct Seen {
    Made made = {};
    Run run = {};
    std::vector<load::Row> rows = {};
    Orders orders = {};
  };

  const load::Promise& promise() const { return strategy_.info.promise; }
  bool is_judged() const;
  bool has_nobody_to_touch() const;
  void listen(bool counts);
  void deploy(const load::Wait& wait);
  void begin(std::int64_t number, const load::Wait& wait);
  load::Plan load_plan();
  Seen see(const load::Wait& wait, const std::function<void(std::int64_t)>& on_progress);
  void take(const Seen& seen);
  void rest(const load::Wait& wait);
  void tell(const Seen& seen);

  const BenchPlan* plan_;
  strategies::Strategy strategy_;
  strategies::Scratch scratch_;
  std::unique_ptr<KillSwitch> kill_switch_ = std::make_unique<KillSwitch>();
  std::unique_ptr<CostMeter> meter_ = std::make_unique<CostMeter>();
  std::unique_ptr<load::Deployment> deployment_;  // from its first run on
  std::unique_ptr<Bystander> bystander_;          // from then on, if there is one
  Tally tally_;
  DesignResult result_;
  bool skipped_ = false;
  std::string out_;  // why it runs no more

  // Who looks at the run at hand.
  std::unique_ptr<CommandLog> log_;
  bool is_metered_ = false;
  std::optional<mysql::Connection> observer_;
};

}  // namespace couponctl::race
