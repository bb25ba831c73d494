// Races strategies against each other in interleaved runs and judges each by its promise.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "load/bench_result.h"
#include "load/storm.h"
#include "servers/probe.h"
#include "strategies/strategy.h"

namespace couponctl::load {

struct BenchPlan {
  Plan plan;
  std::int64_t limit = 100;
  int runs = 10;
  int warm_up_runs = 1;  // before those, not counted
  std::vector<strategies::Entry> strategies;
  servers::Servers servers;
  servers::Presence presence;  // a strategy whose server does not answer is skipped
};

// `done` of `total` requests, and what is running: "naive, run 3 of 10".
using BenchProgress =
    std::function<void(std::int64_t done, std::int64_t total, std::string_view what)>;

// Fills in strategies, notes, interrupted and the parameters; command and environment are the
// caller's. Runs go A B … B A: a machine that grows slower is then unfair to nobody. When `stop`
// is requested, what has been found so far is returned. Throws core::Failure if set-up fails.
BenchResult bench(const BenchPlan& plan, const std::stop_token& stop,
                  const BenchProgress& on_progress);

}  // namespace couponctl::load
