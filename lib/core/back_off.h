// Decides when to try again what has failed.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace couponctl::core {

// A random time up to `first`, doubled with each failure, `max` at the most. All of it is random
// ("full jitter"), so that many clients do not come back together:
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
struct Delays {
  std::chrono::milliseconds first;
  std::chrono::milliseconds max;
};

// For one thread. Time is passed in.
class BackOff {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit BackOff(Delays delays) : delays_(delays) {}

  void failed(Time now) {
    constexpr int doublings_max = 20;  // keeps the shift in range; `max` is reached long before
    const auto bound = std::min<std::int64_t>(
        delays_.max.count(), delays_.first.count() << std::min(failures_++, doublings_max));
    due_ = now + std::chrono::milliseconds(
                     std::uniform_int_distribution<std::int64_t>(0, bound)(random_));
  }
  void over() {
    failures_ = 0;
    due_ = {};
  }

  bool active() const { return failures_ > 0; }
  int failures() const { return failures_; }  // since it last worked
  Time due() const { return due_; }           // not to be tried again before

 private:
  Delays delays_;
  int failures_ = 0;
  Time due_{};
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace couponctl::core
