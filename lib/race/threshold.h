// A bound that a number of the result must keep, as typed: "pipeline.p99 < 50ms".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace couponctl::race {

struct DesignResult;

// A number of a design's result: issued and over of each run, other counts summed over the runs,
// times of all requests together, the rate as the median of the runs.
struct Metric {
  enum class Unit : std::uint8_t { count, number, nanoseconds };
  struct Range {
    double low = 0, high = 0;
  };

  std::string_view name;  // "p99"
  Unit unit = Unit::count;
  // nullopt: it was not measured, or of too few samples.
  std::optional<Range> (*of)(const DesignResult&) = nullptr;
  bool of_warm_up = false;  // of the run before those that count
};

struct Threshold {
  enum class Relation : std::uint8_t { less, at_most, equal, at_least, more };

  std::string text;
  std::string design;
  const Metric* metric = nullptr;
  Relation relation = Relation::equal;
  double bound = 0;  // in ns where the metric is
};

// DESIGN.METRIC RELATION VALUE: a relation is one of < <= == >= >, and times have a unit (ns, us,
// ms, s). The error's text is a phrase that follows the option's name.
core::Result<Threshold> parse_threshold(std::string_view text);

std::vector<std::string_view> metric_names();

// What became of it. It is kept where both ends of a range keep it; and it is not measured,
// whatever was counted, where the design's verdict is inconclusive: a count that is not known to be
// whole may be too small.
struct Judged {
  enum class Word : std::uint8_t { kept, missed, not_measured };

  Threshold threshold;
  Word word = Word::not_measured;
  std::optional<Metric::Range> measured = {};
};
std::vector<Judged> judge(const std::vector<Threshold>& thresholds,
                          const std::vector<DesignResult>& designs);

}  // namespace couponctl::race
