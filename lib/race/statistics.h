// Says what a handful of runs allows to be claimed: medians and bounds with their confidence.
#pragma once

#include <cstdint>
#include <vector>

namespace couponctl::race {

enum class Coverage {
  confidence_95,  // low..high holds the median with at least 95 % confidence
  min_to_max,     // fewer than 6 values: low..high is only their range
};

struct Median {
  double median = 0;
  double low = 0, high = 0;
  Coverage coverage = Coverage::min_to_max;
};

// The median of at least one value, with the distribution-free interval between two order
// statistics: how many of n values lie below the true median is binomial(n, 1/2) whatever their
// distribution (H. A. David and H. N. Nagaraja, Order Statistics, 3rd ed., section 7.1).
Median median(std::vector<double> values);

// Clopper and Pearson's exact one-sided upper bound, at 95 % confidence, for the probability of an
// event that was seen `hits` times in `trials` (Biometrika 26, 1934). 0 hits: 1 - 0.05^(1/trials).
double proportion_upper_bound(std::int64_t hits, std::int64_t trials);

}  // namespace couponctl::race
