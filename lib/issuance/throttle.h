// Decides how many rows may be written now: a token bucket that holds a tenth of a second's worth.
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

  // The most rows that are ever allowed at once.
  std::int64_t burst() const { return burst_; }
  // How long until so many rows are allowed, 0 if they are now. At most burst().
  Time wait(std::int64_t rows, Time now);
  // They are being written. More than are allowed become a debt.
  void take(std::int64_t rows, Time now);

 private:
  void refill(Time now);

  double rows_per_ns_;
  std::int64_t burst_;
  double tokens_;
  Time filled_at_;
};

}  // namespace couponctl::issuance
