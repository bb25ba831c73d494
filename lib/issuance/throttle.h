// Decides how many rows may be written now: a token bucket that holds what a batch needs that is
// written at the rate, and a tenth of a second's worth at least.
#pragma once

#include <chrono>
#include <cstdint>

namespace couponctl::issuance {

// Time is passed in, counted from any moment, and never goes back.
class Throttle {
 public:
  using Time = std::chrono::nanoseconds;

  // 0: no limit. The bucket is full at first.
  Throttle(std::int64_t rows_per_s, Time now);

  // The most rows that are allowed at once.
  std::int64_t burst() const { return burst_; }
  // How long until so many rows are allowed, 0 if they are now. At most burst().
  Time wait(std::int64_t rows, Time now);
  // They have been written, from `begun` on, which took so long: as many as are due in that time
  // are allowed at once from now on, up to a second's worth. More than were allowed become a debt.
  void take(std::int64_t rows, Time begun, Time took = Time::zero());

 private:
  void refill(Time now);
  std::int64_t worth(Time time) const;

  double rows_per_ns_;
  std::int64_t burst_;
  double tokens_;
  Time filled_at_;
};

}  // namespace couponctl::issuance
