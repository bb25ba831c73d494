// Sums up the runs of one design and says what that allows to be claimed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "load/target.h"
#include "load/users.h"
#include "race/check.h"
#include "race/result.h"

namespace couponctl::race {

// One run that was made to its end.
struct Run {
  Findings found = {};
  std::int64_t requests = 0;
  std::int64_t failed = 0;
  std::string first_error = "";
  std::string unknown =
      "";  // why the findings are not all that there is: not settled, …; "": they are
  double seconds = 0;
  std::int64_t asked_again = 0;
  std::int64_t held = 0;
  std::chrono::nanoseconds converged{0};
};

// What the requests can put to the test.
struct Demand {
  std::int64_t limit = 0;
  std::int64_t requests = 0;
  std::int64_t users = 0;  // different ones; or a number that is above the limit for certain

  bool reaches_limit(const load::Promise& promise) const {
    return (promise.one_per_user ? users : requests) > limit;
  }
  bool repeats_users() const { return requests > users; }
};
Demand demand_of(const load::Users& users, std::uint64_t seed, std::int64_t requests,
                 std::int64_t limit);

class Tally {
 public:
  // `judged` false: what is promised does not hold for these runs, and whatever is found is no more
  // than shown.
  explicit Tally(load::Promise promise, bool judged = true) : promise_(promise), judged_(judged) {}

  // Findings that are not all that there is count as far as they are certain: rows above the limit
  // and rows twice are, whatever else is unknown.
  void add(const Run& run, DesignResult& result);

  // Fills in verdict and why. `not_begun`: why a later run could not begin, if so.
  void conclude(const Demand& demand, const std::string& not_begun, DesignResult& result) const;

 private:
  std::string inconclusive(const Demand& demand, const std::string& not_begun,
                           const DesignResult& result) const;

  load::Promise promise_;
  bool judged_;
  std::int64_t requests_ = 0;
  std::int64_t failed_ = 0;
  std::string first_error_;
  std::string unknown_;
};

}  // namespace couponctl::race
