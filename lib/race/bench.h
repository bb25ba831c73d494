// Races designs against each other in interleaved runs and judges each by its promise.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "load/workers.h"
#include "race/fault.h"
#include "race/result.h"
#include "race/surroundings.h"
#include "servers/probe.h"
#include "servers/servers.h"
#include "strategies/strategy.h"

namespace couponctl::race {

// One run that counts: all that its callers were told, and all that was found.
struct RunRecord {
  std::string_view strategy;
  load::Promise promise;
  int run = 0;  // from 1
  const load::History& calls;
  std::span<const load::Row> rows;  // durable_at since the gate opened; zero: by its answer
  // As race::Run has them.
  std::string_view first_error;
  std::string_view unknown;
};

struct BenchPlan {
  load::Plan load = {};
  std::int64_t limit = 100;
  int runs = 10;
  int workers = 1;  // who insert, of a design that has a number of them
  std::string count_key = strategies::usual_count_key;
  int warm_up_runs = 1;  // before those, not counted
  std::vector<strategies::Strategy> strategies;
  servers::Servers servers = {};
  servers::Presence presence = {};  // a strategy whose server does not answer is skipped
  int processes = 1;                // that ask
  int held = 0;  // callers that are held between their read and their write; of a single process
  std::filesystem::path executable = "/proc/self/exe";  // of them
  // What goes wrong in each run, and whoever was not answered asks again; nullopt: this is no such
  // race, and whoever was not answered makes it inconclusive.
  std::optional<Fault> fault = std::nullopt;
  faults::Injector* injector = nullptr;  // harms `servers`, for the faults that need it
  Surroundings surroundings = {};
  bool explain = false;  // records the workers' commands until a run of theirs has a flaw
  // Called between two runs. What it throws ends the bench.
  std::function<void(const RunRecord&)> on_run = [](const RunRecord&) {};
};

// What a result says of how it was to be measured, before anything was.
RaceResult head_of(const BenchPlan& plan);

// `done` of `total` requests, and what is under way: "naive, run 3 of 10".
using BenchProgress =
    std::function<void(std::int64_t done, std::int64_t total, std::string_view what)>;

// Fills in designs, notes, interrupted and the parameters; command and environment are the
// caller's. Runs go A B … B A: a machine that grows slower is then unfair to nobody; while one
// design is measured nothing of the others runs. When `stop` is requested, the runs that came to
// their end are judged, and what was made is removed, within `clean_up_max`. What an earlier bench
// has left is removed first. One design that cannot be set up does not keep the others from
// running. Throws core::Failure if nothing can be made at all.
RaceResult bench(const BenchPlan& plan, const std::stop_token& stop,
                 const BenchProgress& on_progress);

}  // namespace couponctl::race
