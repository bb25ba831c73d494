// Holds what a race found: one row for each design, ready to be rendered.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "load/histogram.h"
#include "race/bystander.h"
#include "race/check.h"
#include "race/cost.h"
#include "race/explain.h"
#include "race/surroundings.h"
#include "race/threshold.h"

namespace couponctl::race {

struct Spread {
  std::int64_t min = 0, max = 0;
};

// How a design came out, as far as it is known.
enum class Verdict {
  exact,         // every promise was put to the test and kept
  shown,         // it breaks what it does not promise, as expected
  not_seen,      // right all along, although nothing is promised
  broken,        // a promise was broken
  inconclusive,  // something is not known
  failed,        // it could not run although its servers answer
  skipped,       // a server does not answer
  interrupted,   // no run came to its end
};

struct DesignResult {
  std::string name;
  std::string expected;  // "over-issues" | "exact"
  Verdict verdict = Verdict::interrupted;
  std::string why;  // of inconclusive, failed and skipped; of broken and shown what was found

  // Of the runs that came to their end; one that was interrupted counts nowhere.
  int runs = 0, bad_runs = 0;
  bool breaks_promise = false;
  Spread issued, over;  // rows in the ledger; rows above the limit
  // Summed over the runs; errors: requests without an answer.
  std::int64_t duplicate = 0, lost = 0, phantom = 0, locked_out = 0, under = 0, inversion = 0;
  std::int64_t errors = 0;
  std::int64_t unknown_issued = 0, unknown_not_issued = 0;  // of those, with a row and without
  Spread held;               // callers that stood before their first write at the same time
  std::optional<Cost> cost;  // of the warm-up run, which is not timed
  // With a fault: requests that had no answer and were made again; and the longest time from its
  // end until nothing moved any more.
  std::int64_t asked_again = 0;
  std::chrono::nanoseconds converged{0};
  load::Histogram latency, durable;         // pooled over the runs
  load::Histogram row_delay;                // from the answer to the row, of those who won
  std::vector<double> requests_per_second;  // of answered requests, one value a run
  Orders orders;                            // of the bystander, while the runs were made
  Orders orders_alone;  // and before the first of them, while nobody else did anything
  // Of the first run with a flaw, or else of the first; if it was asked for.
  std::optional<Explanation> explanation;

  bool ran() const { return runs > 0; }
  // "exact", "over-issues, as expected", "inconclusive: 12 of 1,000 requests failed, …"
  std::string text() const;
};

struct RaceResult {
  std::string command;
  std::uint64_t seed = 0;
  std::vector<std::pair<std::string, std::string>> environment;  // redis, kafka, mysql, cpus, …
  std::int64_t threads = 0, requests = 0, limit = 0;
  std::string users;
  int runs = 0;
  int processes = 1;
  int held = 0;  // callers that were to be held
  Surroundings surroundings = {};
  Orders orders_alone = {};  // of all designs together
  std::string fault = "";    // what failed, if that was asked for
  bool interrupted = false;
  bool kafka_is_mock = false;
  std::vector<DesignResult> designs;
  std::vector<Judged> thresholds = {};
  std::vector<std::string> notes;  // footnotes for people
};

}  // namespace couponctl::race
