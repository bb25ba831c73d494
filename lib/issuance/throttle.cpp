#include "issuance/throttle.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace couponctl::issuance {
namespace {

constexpr double ns_per_s = 1e9;
constexpr std::int64_t bursts_per_s = 10;

}  // namespace

Throttle::Throttle(std::int64_t rows_per_s, Time now)
    : rows_per_ns_(static_cast<double>(rows_per_s) / ns_per_s),
      burst_(rows_per_s == 0 ? std::numeric_limits<std::int64_t>::max()
                             : std::max<std::int64_t>(rows_per_s / bursts_per_s, 1)),
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

void Throttle::take(std::int64_t rows, Time now) {
  if (rows_per_ns_ == 0) return;
  refill(now);
  tokens_ -= static_cast<double>(rows);
}

void Throttle::refill(Time now) {
  assert(now >= filled_at_);
  const auto passed = static_cast<double>((now - filled_at_).count());
  tokens_ = std::min(tokens_ + passed * rows_per_ns_, static_cast<double>(burst_));
  filled_at_ = now;
}

}  // namespace couponctl::issuance
