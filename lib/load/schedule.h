// Decides when the next request is due.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace couponctl::load {

// Shared by all workers; knows no clock: times count from the opening of the gate and are passed
// in.
class Schedule {
 public:
  struct Turn {
    std::int64_t number;  // from 0
    std::chrono::nanoseconds due;
  };

  // Closed loop: a worker's next request is due when its last one was answered.
  explicit Schedule(std::int64_t requests) : requests_(requests) {}
  // Open loop: request n is due n / `per_second` s after the gate, however long the others take.
  Schedule(std::int64_t requests, double per_second)
      : requests_(requests), interval_ns_(1e9 / per_second) {}

  // The next request, for whoever is free at `now`; nullopt once all are given out.
  std::optional<Turn> next(std::chrono::nanoseconds now) {
    const auto number = next_.fetch_add(1, std::memory_order_relaxed);
    if (number >= requests_) return std::nullopt;
    if (interval_ns_ == 0) return Turn{number, now};
    return Turn{number, std::chrono::nanoseconds(
                            static_cast<std::int64_t>(static_cast<double>(number) * interval_ns_))};
  }

  std::int64_t requests() const { return requests_; }
  std::int64_t given_out() const { return std::min(next_.load(), requests_); }

 private:
  const std::int64_t requests_;
  const double interval_ns_ = 0;  // 0: closed loop
  std::atomic<std::int64_t> next_ = 0;
};

}  // namespace couponctl::load
