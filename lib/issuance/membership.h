// Says, at growing intervals, that the group has not let us in, and once that it has.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "issuance/back_off.h"

namespace couponctl::issuance {

// For one thread. Time is passed in.
class Membership {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Membership(std::string group, Log log, Time now)
      : group_(std::move(group)), log_(std::move(log)) {
    outside(now);
  }

  bool is_inside() const { return !outside_since_; }
  void inside(Time now);
  void outside(Time now);
  // "not yet in group g after 9s: <why>" if it is time for that word: after 9 s, and then after
  // twice as long each time, 5 min at the most. It is logged, too. `why` may be "".
  std::optional<std::string> word(Time now, const std::string& why);

 private:
  std::string group_;
  Log log_;
  std::optional<Time> outside_since_;
  std::chrono::seconds interval_{};
  Time due_{};
  bool said_ = false;
};

}  // namespace couponctl::issuance
