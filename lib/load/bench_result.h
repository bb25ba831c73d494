// Holds what a bench run found: one row for each strategy, ready to be rendered.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "load/histogram.h"

namespace couponctl::load {

struct Spread {
  std::int64_t min = 0, max = 0;
};

struct StrategyResult {
  std::string name;
  std::string expected;  // "over-issues" | "exact"
  std::string skipped;   // reason; empty: it ran
  int runs = 0, bad_runs = 0;
  Spread issued, over;  // rows in the ledger; rows above the limit
  // Summed over the runs; errors: requests that failed.
  std::int64_t duplicate = 0, lost = 0, under = 0, errors = 0;
  Histogram latency, durable;               // pooled over the runs
  std::vector<double> requests_per_second;  // one value a run
  std::string verdict;                      // "exact", "over-issues, as expected", …
  bool promise_broken = false;
  bool good = false;  // good: ✓, else ✗
};

struct BenchResult {
  std::string command;
  std::uint64_t seed = 0;
  std::vector<std::pair<std::string, std::string>> environment;  // redis, kafka, mysql, cpus, …
  std::int64_t threads = 0, requests = 0, limit = 0;
  std::string users;
  int runs = 0;
  bool interrupted = false;
  bool kafka_is_mock = false;
  std::vector<StrategyResult> strategies;
  std::vector<std::string> notes;  // footnotes for people
};

}  // namespace couponctl::load
