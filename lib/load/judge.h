// Compares what the callers were told with the rows that are there. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/user_id.h"
#include "load/bench_result.h"
#include "strategies/strategy.h"

namespace couponctl::load {

// One run as it ended.
struct Outcome {
  std::int64_t limit = 0;
  std::int64_t requests = 0;          // made
  std::int64_t applicants = 0;        // different users among them
  std::int64_t errors = 0;            // requests without an answer
  std::vector<core::UserId> granted;  // told that they hold a coupon
  std::vector<core::UserId> rows;     // the users of the durable rows
};

struct Finding {
  std::int64_t issued = 0;     // rows
  std::int64_t over = 0;       // rows above the limit
  std::int64_t duplicate = 0;  // rows beyond a user's first
  std::int64_t lost = 0;       // told granted, and no row
  std::int64_t under = 0;      // coupons that somebody asked for and nobody got

  // Whether the run went against a promise; without promises, whether anything went wrong.
  bool breaks(const strategies::Promise& promise) const;
  bool clean() const { return over == 0 && duplicate == 0 && lost == 0 && under == 0; }
};

// `under` is only claimed where every request was answered. A design that does not promise one
// coupon a user may give a user several, so there each request counts as an applicant.
Finding judge(const Outcome& outcome, const strategies::Promise& promise);

// Fills in expected, verdict, good and promise_broken from what the runs have summed up.
// `limit_reachable`: there were more applicants than coupons.
void pronounce(StrategyResult& result, const strategies::Promise& promise, bool limit_reachable);

}  // namespace couponctl::load
