// bench --threshold: which bounds the race has to keep.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "race/threshold.h"
#include "strategies/strategy.h"

namespace couponctl::cmd {

core::Result<void> check_threshold(std::string_view text);

// Of texts that are right. Throws core::Failure where one is of a design that does not take part:
// it would never be put to the test.
std::vector<race::Threshold> thresholds_of(const std::vector<std::string>& texts,
                                           const std::vector<strategies::Strategy>& strategies,
                                           const cli::Context& context);

}  // namespace couponctl::cmd
