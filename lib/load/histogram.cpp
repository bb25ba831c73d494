#include "load/histogram.h"

#include <cassert>
#include <cmath>

namespace couponctl::load {

void Histogram::merge(const Histogram& other) {
  if (other.count_ == 0) return;
  if (counts_.empty()) counts_.resize(slots);
  for (std::size_t slot = 0; slot < slots; ++slot) counts_[slot] += other.counts_[slot];
  count_ += other.count_;
  clamped_ += other.clamped_;
  sum_ns_ += other.sum_ns_;
  min_ns_ = std::min(min_ns_, other.min_ns_);
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

std::int64_t Histogram::percentile(double percent) const {
  assert(percent >= 0 && percent <= 100);
  if (count_ == 0) return 0;
  // One step down, as HdrHistogram does, so that 99.9 % of 1000 is the 999th and not the 1000th
  // sample when the product is rounded up.
  const double share = std::nextafter(percent, 0.0) * static_cast<double>(count_) / 100.0;
  const auto rank = std::clamp<std::int64_t>(std::llround(std::ceil(share)), 1, count_);
  std::int64_t seen = 0;
  for (std::size_t slot = 0; slot < slots; ++slot) {
    seen += counts_[slot];
    if (seen >= rank) return std::min(upper_edge_ns(slot), max_ns_);
  }
  assert(!"the slots hold fewer samples than were counted");
  return max_ns_;
}

double Histogram::mean() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_ns_) / static_cast<double>(count_);
}

std::int64_t Histogram::upper_edge_ns(std::size_t slot) {
  const std::size_t shift = slot < 2 * half ? 0 : slot / half - 1;
  return static_cast<std::int64_t>(((slot - shift * half + 1) << shift) - 1);
}

bool has_percentile(const Histogram& histogram, double percent) {
  const auto needed = percent > 99 ? p999_samples_min : percent > 90 ? p99_samples_min : 1;
  return histogram.count() >= needed;
}

}  // namespace couponctl::load
