// Decides when a request is due.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace couponctl::load {

// Pure: times count from the opening of the gate and are passed in.
class Schedule {
 public:
  // `per_second` 0 is the closed loop: a worker's next request is due when its last one was
  // answered. Open loop: request n is due n / `per_second` s after the gate, however long the
  // others take.
  explicit Schedule(std::int64_t requests, double per_second = 0)
      : requests_(requests), interval_ns_(per_second > 0 ? 1e9 / per_second : 0) {}

  // When request `number`, from 0, of whoever is free at `now`; nullopt: there are not so many.
  std::optional<std::chrono::nanoseconds> due(std::int64_t number,
                                              std::chrono::nanoseconds now) const {
    if (number >= requests_) return std::nullopt;
    if (interval_ns_ == 0) return now;
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(number) * interval_ns_));
  }

  std::int64_t requests() const { return requests_; }

 private:
  std::int64_t requests_;
  double interval_ns_;  // 0: closed loop
};

}  // namespace couponctl::load
