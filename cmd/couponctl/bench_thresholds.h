// bench --threshold: which bounds the race has to keep.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "race/bench.h"
#include "race/threshold.h"

namespace couponctl::cmd {

core::Result<void> check_threshold(std::string_view text);

// Of texts that are right. Throws core::Failure where one would never be put to the test: of a
// design that does not take part, or of what this race does not count.
std::vector<race::Threshold> thresholds_of(const std::vector<std::string>& texts,
                                           const race::BenchPlan& plan,
                                           const cli::Context& context);

// On stderr, for an output that has no place for them.
void complain_of_thresholds(const std::vector<race::Judged>& judged, const cli::Context& context);

}  // namespace couponctl::cmd
