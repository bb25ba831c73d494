#include "issuance/throttle.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace couponctl::issuance {
namespace {

using namespace std::chrono_literals;

constexpr double ns_per_s = 1e9;
constexpr Throttle::Time burst_min = 100ms;
constexpr Throttle::Time burst_max = 1s;

}  // namespace

Throttle::Throttle(std::int64_t rows_per_s, Time now)
    : rows_per_ns_(static_cast<double>(rows_per_s) / ns_per_s),
      burst_(rows_per_s == 0 ? std::numeric_limits<std::int64_t>::max() : worth(burst_min)),
      tokens_(static_cast<double>(burst_)),
      filled_at_(now) {
  assert(rows_per_s >= 0);
}

Throttle::Time Throttle::wait(std::int64_t rows, Time now) {
  assert(rows <= burst_);
  if (rows_per_ns_ == 0) return Time::zero();
  refill(now);
  const double missing = static_cast<double>(rows) - tokens_;
  if (missing <= 0) return Time::zero();
  return Time(static_cast<Time::rep>(std::ceil(missing / rows_per_ns_)));
}

void Throttle::take(std::int64_t rows, Time begun, Time took) {
  if (rows_per_ns_ == 0) return;
  refill(begun);
  tokens_ -= static_cast<double>(rows);
  burst_ = worth(std::clamp(took, burst_min, burst_max));
}

std::int64_t Throttle::worth(Time time) const {
  const auto rows = static_cast<double>(time.count()) * rows_per_ns_;
  return std::max<std::int64_t>(static_cast<std::int64_t>(rows), 1);
}

void Throttle::refill(Time now) {
  assert(now >= filled_at_);
  const auto passed = static_cast<double>((now - filled_at_).count());
  tokens_ = std::min(tokens_ + passed * rows_per_ns_, static_cast<double>(burst_));
  filled_at_ = now;
}

}  // namespace couponctl::issuance
