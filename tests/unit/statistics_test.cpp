#include "race/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

namespace couponctl::race {
namespace {

std::vector<double> one_to(int count) {
  std::vector<double> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 1.0);
  return values;
}

double choose(int n, int k) {
  double ways = 1;
  for (int i = 1; i <= k; ++i) ways = ways * (n - k + i) / i;
  return ways;
}

// P(X <= k) for X ~ binomial(n, p), summed term by term.
double at_most(int k, int n, double p) {
  double sum = 0;
  for (int i = 0; i <= k; ++i) sum += choose(n, i) * std::pow(p, i) * std::pow(1 - p, n - i);
  return sum;
}

TEST(Median, IsTheMiddleOrTheMeanOfTheTwoMiddleValues) {
  EXPECT_EQ(median({3, 1, 2}).median, 2);
  EXPECT_EQ(median({4, 1, 3, 2}).median, 2.5);
  EXPECT_EQ(median({7}).median, 7);
}

TEST(Median, FewerThanSixValuesGiveOnlyTheirRange) {
  for (int count = 1; count < 6; ++count) {
    const auto result = median(one_to(count));
    EXPECT_EQ(result.coverage, Coverage::min_to_max) << count;
    EXPECT_EQ(result.low, 1);
    EXPECT_EQ(result.high, count);
  }
  EXPECT_EQ(median(one_to(6)).coverage, Coverage::confidence_95);
}

// The ranks of W. J. Conover, Practical Nonparametric Statistics, and of every table of the sign
// test: 10 values give the 2nd to the 9th, 20 the 6th to the 15th, 100 the 40th to the 61st.
TEST(Median, IntervalEndsAtTheTabulatedRanks) {
  const struct {
    int count, low, high;
  } table[] = {{6, 1, 6}, {8, 1, 8}, {9, 2, 8}, {10, 2, 9}, {20, 6, 15}, {100, 40, 61}};
  for (const auto& row : table) {
    const auto result = median(one_to(row.count));
    EXPECT_EQ(result.low, row.low) << row.count;
    EXPECT_EQ(result.high, row.high) << row.count;
  }
}

TEST(Median, IntervalIsTheNarrowestThatStillCovers) {
  for (int count = 6; count <= 60; ++count) {
    const int trimmed = static_cast<int>(median(one_to(count)).low) - 1;
    EXPECT_GE(1 - 2 * at_most(trimmed, count, 0.5), 0.95) << count;
    EXPECT_LT(1 - 2 * at_most(trimmed + 1, count, 0.5), 0.95) << count;
  }
}

TEST(Median, IntervalHoldsTheTrueMedianOfASkewedDistribution) {
  constexpr int trials = 4000;
  std::mt19937_64 random(7);
  std::exponential_distribution<double> waiting(1);
  int held = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> values(10);
    for (auto& value : values) value = waiting(random);
    const auto result = median(values);
    held += result.low <= std::log(2) && std::log(2) <= result.high;
  }
  // 97.9 % for ten values; three standard errors are 0.7 %.
  EXPECT_NEAR(static_cast<double>(held) / trials, 0.979, 0.007) << "seed 7";
}

TEST(ProportionUpperBound, OfNoHitsIsTheClosedForm) {
  for (const int trials : {1, 5, 10, 20, 1000})
    EXPECT_NEAR(proportion_upper_bound(0, trials), 1 - std::pow(0.05, 1.0 / trials), 1e-12)
        << trials;
  EXPECT_NEAR(proportion_upper_bound(0, 10), 0.2589, 5e-5);
}

TEST(ProportionUpperBound, LeavesFivePercentForSoFewHits) {
  for (const int trials : {2, 10, 37})
    for (int hits = 0; hits < trials; ++hits)
      EXPECT_NEAR(at_most(hits, trials, proportion_upper_bound(hits, trials)), 0.05, 1e-9)
          << hits << " of " << trials;
}

TEST(ProportionUpperBound, OfAllHitsIsOne) { EXPECT_EQ(proportion_upper_bound(10, 10), 1); }

TEST(ProportionUpperBound, FallsWithMoreTrials) {
  EXPECT_LT(proportion_upper_bound(1, 100), proportion_upper_bound(1, 10));
}

}  // namespace
}  // namespace couponctl::race
