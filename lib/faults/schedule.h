// Which fault is due now, and which is to be taken back?
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "faults/plan.h"

namespace couponctl::faults {

class Schedule {
 public:
  // `faults` by time.
  explicit Schedule(std::vector<Fault> faults) : faults_(std::move(faults)) {}

  // The next one whose time has come; each is given once. Times are since the load began.
  std::optional<Fault> next(Milliseconds now);
  // It was carried out now: it is to be taken back when it has lasted.
  void begun(const Fault& fault, Milliseconds now);
  // One that has lasted; each is given once.
  std::optional<Fault> next_over(Milliseconds now);
  // All that are not taken back yet, at once.
  std::vector<Fault> rest() { return std::exchange(begun_, {}); }

  bool any_begun() const { return !begun_.empty(); }
  bool done() const { return next_ == faults_.size() && begun_.empty(); }

 private:
  std::vector<Fault> faults_;
  std::size_t next_ = 0;
  std::vector<Fault> begun_;  // `at` is when they are over
};

}  // namespace couponctl::faults
