#include "race/statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cassert>

namespace couponctl::race {
namespace {

using Binomial = boost::math::binomial_distribution<double>;

// How many values may be left off at each end so that the rest still covers the median with 95 %
// confidence; -1 if even the whole range does not.
std::ptrdiff_t trimmed_each_side(std::size_t count) {
  const Binomial below_median(static_cast<double>(count), 0.5);
  std::ptrdiff_t trimmed = -1;
  while (cdf(below_median, static_cast<double>(trimmed + 1)) <= 0.025) ++trimmed;
  return trimmed;
}

}  // namespace

Median median(std::vector<double> values) {
  assert(!values.empty());
  std::ranges::sort(values);
  const auto count = values.size();
  const double middle = (values[(count - 1) / 2] + values[count / 2]) / 2;
  const auto trimmed = trimmed_each_side(count);
  if (trimmed < 0) return {middle, values.front(), values.back(), Coverage::min_to_max};
  return {middle, values.begin()[trimmed], values.rbegin()[trimmed], Coverage::confidence_95};
}

double proportion_upper_bound(std::int64_t hits, std::int64_t trials) {
  assert(trials > 0 && hits >= 0 && hits <= trials);
  if (hits == trials) return 1;
  return Binomial::find_upper_bound_on_p(static_cast<double>(trials), static_cast<double>(hits),
                                         0.05);
}

}  // namespace couponctl::race
