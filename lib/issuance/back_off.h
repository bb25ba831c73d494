// Says when to try a failing server again, and tells people once that trouble began and once that
// it is over.
#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>

namespace couponctl::issuance {

using Log = std::shared_ptr<spdlog::logger>;

// How long to wait: a random time up to `first`, doubled with each failure, `max` at the most. All
// of it is random ("full jitter"), so that many clients do not come back together:
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
struct Delays {
  std::chrono::milliseconds first;
  std::chrono::milliseconds max;
};

// For one thread. Time is passed in.
class BackOff {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `whose` begins each line: "database".
  BackOff(std::string whose, Delays delays, Log log)
      : whose_(std::move(whose)), delays_(delays), log_(std::move(log)) {}

  // Not to be tried again before due(); worth an alarm after a minute, or at once if it is `grave`.
  void failed(const std::string& why, Time now, bool grave = false);
  // It worked.
  void over(Time now);

  bool active() const { return failures_ > 0; }
  Time due() const { return due_; }

 private:
  std::string whose_;
  Delays delays_;
  Log log_;
  int failures_ = 0;
  Time began_{};
  Time due_{};
  bool alarmed_ = false;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace couponctl::issuance
