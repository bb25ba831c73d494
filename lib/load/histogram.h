// Counts latencies in bounded memory, to three significant digits, so that percentiles are cheap.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <vector>

namespace couponctl::load {

// Log-linear as in HdrHistogram (G. Tene, hdrhistogram.org): each power of two is cut into 1024
// equal slots, so a slot is never wider than 1/1024 of the values in it. 264 KiB each, from the
// first sample on. One thread writes one histogram; they are merged after the threads have joined.
class Histogram {
 public:
  static constexpr std::int64_t value_ns_max = (std::int64_t{1} << 42) - 1;  // 73 minutes

  // A value outside 0..value_ns_max is counted as the nearest one inside, and in clamped().
  void record(std::int64_t value_ns) {
    const auto value = std::clamp<std::int64_t>(value_ns, 0, value_ns_max);
    clamped_ += value != value_ns;
    if (counts_.empty()) counts_.resize(slots);
    ++counts_[slot_of(value)];
    ++count_;
    sum_ns_ += static_cast<std::uint64_t>(value);
    min_ns_ = std::min(min_ns_, value);
    max_ns_ = std::max(max_ns_, value);
  }

  void merge(const Histogram& other);

  // The smallest recordable value that `percent` (0..100) of the samples do not exceed: the upper
  // edge of its slot (HDR's convention), but never above max(). 0 without samples.
  std::int64_t percentile(double percent) const;

  std::int64_t count() const { return count_; }
  std::int64_t clamped() const { return clamped_; }
  // Exact; 0 without samples.
  std::int64_t min() const { return count_ == 0 ? 0 : min_ns_; }
  std::int64_t max() const { return max_ns_; }
  double mean() const;

  bool operator==(const Histogram&) const = default;

 private:
  // 11 bits hold 2048 values: the fewest slots that tell 1000 from 1001 at every scale.
  static constexpr int slot_bits = 11;
  static constexpr std::size_t half = std::size_t{1} << (slot_bits - 1);
  static constexpr std::size_t slots = (42 - slot_bits + 2) * half;

  static std::size_t slot_of(std::int64_t value_ns) {
    const auto value = static_cast<std::uint64_t>(value_ns);
    const auto shift = static_cast<unsigned>(std::bit_width(value | (2 * half - 1))) - slot_bits;
    return shift * half + (value >> shift);
  }
  static std::int64_t upper_edge_ns(std::size_t slot);

  std::vector<std::int64_t> counts_;  // none without samples
  std::int64_t count_ = 0;
  std::int64_t clamped_ = 0;
  std::uint64_t sum_ns_ = 0;
  std::int64_t min_ns_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t max_ns_ = 0;
};

// A percentile of fewer samples would rest on less than ten of them.
constexpr std::int64_t p99_samples_min = 1'000;
constexpr std::int64_t p999_samples_min = 10'000;
bool has_percentile(const Histogram& histogram, double percent);

}  // namespace couponctl::load
