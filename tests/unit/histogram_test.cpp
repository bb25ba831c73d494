#include "load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

namespace couponctl::load {
namespace {

constexpr std::uint64_t seed = 20240817;

// Latencies over nine orders of magnitude, most of them small.
std::vector<std::int64_t> random_latencies_ns(std::size_t count) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> latency(13, 2.5);
  std::vector<std::int64_t> values;
  while (values.size() < count) {
    const double value = latency(random);
    if (value < static_cast<double>(Histogram::value_ns_max))
      values.push_back(static_cast<std::int64_t>(value));
  }
  return values;
}

Histogram histogram_of(const std::vector<std::int64_t>& values_ns) {
  Histogram histogram;
  for (const auto value : values_ns) histogram.record(value);
  return histogram;
}

TEST(Histogram, PercentilesAreWithinATenthOfAPercentOfTheSortedSamples) {
  auto values = random_latencies_ns(100'000);
  const auto histogram = histogram_of(values);
  std::ranges::sort(values);
  for (const int per_mille : {1, 100, 500, 900, 990, 999, 1000}) {
    const auto rank = values.size() * static_cast<std::size_t>(per_mille) / 1000;
    const auto exact = values[rank - 1];
    const auto estimate = histogram.percentile(per_mille / 10.0);
    EXPECT_GE(estimate, exact) << per_mille << " seed " << seed;
    EXPECT_LE(static_cast<double>(estimate - exact), 0.001 * static_cast<double>(exact))
        << per_mille << " seed " << seed;
  }
}

TEST(Histogram, HoldsEveryScaleToThreeDigits) {
  for (std::int64_t value = 1; value <= Histogram::value_ns_max; value += 1 + value / 7) {
    Histogram histogram;
    histogram.record(value);
    histogram.record(Histogram::value_ns_max);
    const auto estimate = histogram.percentile(50);
    EXPECT_GE(estimate, value);
    EXPECT_LE(estimate - value, value / 1000);
  }
}

TEST(Histogram, IsExactBelow2048) {
  for (std::int64_t value = 0; value < 2048; ++value) {
    Histogram histogram;
    histogram.record(value);
    histogram.record(1'000'000);
    EXPECT_EQ(histogram.percentile(50), value);
  }
}

TEST(Histogram, NeighboursAcrossAPowerOfTwoKeepTheirOrder) {
  for (int bit = 11; bit < 42; ++bit) {
    const auto power = std::int64_t{1} << bit;
    const auto histogram = histogram_of({power - 1, power, power, Histogram::value_ns_max});
    EXPECT_EQ(histogram.percentile(25), power - 1) << bit;
    EXPECT_GE(histogram.percentile(50), power) << bit;
    EXPECT_LT(histogram.percentile(50), power + power / 1000) << bit;
  }
}

TEST(Histogram, CountMinMaxAndMeanAreExact) {
  const auto histogram = histogram_of({1'234'567, 3, 7'654'321});
  EXPECT_EQ(histogram.count(), 3);
  EXPECT_EQ(histogram.min(), 3);
  EXPECT_EQ(histogram.max(), 7'654'321);
  EXPECT_DOUBLE_EQ(histogram.mean(), 8'888'891 / 3.0);
}

TEST(Histogram, NoPercentileExceedsTheMaximum) {
  const auto histogram = histogram_of({1'000'001, 1'000'001});
  EXPECT_EQ(histogram.percentile(100), 1'000'001);
  EXPECT_EQ(histogram.percentile(50), 1'000'001);
}

TEST(Histogram, TakesTheExactRankDespiteRounding) {
  Histogram histogram;
  for (int value = 1; value <= 1000; ++value) histogram.record(value);
  for (int per_mille = 1; per_mille <= 1000; ++per_mille)
    EXPECT_EQ(histogram.percentile(per_mille / 10.0), per_mille);
  EXPECT_EQ(histogram.percentile(0), 1);
  EXPECT_EQ(histogram.percentile(50.01), 501);
}

TEST(Histogram, WithoutSamplesIsAllZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.percentile(99), 0);
}

TEST(Histogram, ClampsAndCountsWhatIsOutOfRange) {
  const auto histogram = histogram_of({-5, 0, Histogram::value_ns_max, Histogram::value_ns_max + 1,
                                       std::numeric_limits<std::int64_t>::max()});
  EXPECT_EQ(histogram.count(), 5);
  EXPECT_EQ(histogram.clamped(), 3);
  EXPECT_EQ(histogram.min(), 0);
  EXPECT_EQ(histogram.max(), Histogram::value_ns_max);
  EXPECT_EQ(histogram.percentile(100), Histogram::value_ns_max);
}

TEST(Histogram, MergedPartsEqualTheWhole) {
  const auto values = random_latencies_ns(10'000);
  std::vector<Histogram> parts(7);
  for (std::size_t i = 0; i < values.size(); ++i) parts[i % parts.size()].record(values[i]);
  parts[3].record(-1);
  Histogram merged;
  for (const auto& part : parts) merged.merge(part);
  auto whole = histogram_of(values);
  EXPECT_NE(merged, whole);
  whole.record(-1);
  EXPECT_EQ(merged, whole) << "seed " << seed;
}

TEST(Histogram, MergingAnEmptyOneChangesNothing) {
  auto histogram = histogram_of({10, 20});
  const auto before = histogram;
  histogram.merge({});
  EXPECT_EQ(histogram, before);
}

}  // namespace
}  // namespace couponctl::load
