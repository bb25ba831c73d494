#include "couponctl/bench_thresholds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/command_line.h"
#include "core/failure.h"
#include "core/parse.h"

namespace couponctl::cmd {

core::Result<void> check_threshold(std::string_view text) {
  if (const auto threshold = race::parse_threshold(text); !threshold) return threshold.error();
  return {};
}

std::vector<race::Threshold> thresholds_of(const std::vector<std::string>& texts,
                                           const std::vector<strategies::Strategy>& strategies,
                                           const cli::Context& context) {
  std::vector<std::string_view> names;
  for (const auto& strategy : strategies) names.push_back(strategy.info.name);
  std::vector<race::Threshold> thresholds;
  for (const auto& text : texts) {
    const auto& threshold = thresholds.emplace_back(*race::parse_threshold(text));
    if (std::ranges::find(names, threshold.design) == names.end())
      throw core::Failure(core::Exit::usage,
                          fmt::format("{} names {}, which is not in this race",
                                      context.called("threshold"), core::quote(threshold.design)),
                          fmt::format("These are: {}", fmt::join(names, ", ")));
  }
  return thresholds;
}

}  // namespace couponctl::cmd
