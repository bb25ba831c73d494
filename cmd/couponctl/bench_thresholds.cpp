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
                                           const race::BenchPlan& plan,
                                           const cli::Context& context) {
  std::vector<std::string_view> names;
  for (const auto& strategy : plan.strategies) names.push_back(strategy.info.name);
  const bool counts_commands = plan.warm_up_runs > 0 && plan.processes == 1;
  std::vector<race::Threshold> thresholds;
  for (const auto& text : texts) {
    const auto& threshold = thresholds.emplace_back(*race::parse_threshold(text));
    if (std::ranges::find(names, threshold.design) == names.end())
      throw core::Failure(core::Exit::usage,
                          fmt::format("{} names {}, which is not in this race",
                                      context.called("threshold"), core::quote(threshold.design)),
                          fmt::format("These are: {}", fmt::join(names, ", ")));
    if (threshold.metric->of_warm_up && !counts_commands)
      throw core::Failure(
          core::Exit::usage,
          fmt::format("{} names {}, and commands are counted in a warm-up run of one process",
                      context.called("threshold"), threshold.metric->name),
          fmt::format("Give {} 1 and no {}", context.called("warm-up"),
                      context.called("processes")));
  }
  return thresholds;
}

void complain_of_thresholds(const std::vector<race::Judged>& judged, const cli::Context& context) {
  for (const auto& [threshold, word, measured] : judged) {
    if (word == race::Judged::Word::kept) continue;
    const bool missed = word == race::Judged::Word::missed;
    context.complain(missed ? core::Exit::threshold : core::Exit::incomplete,
                     fmt::format("{} {}: {}", context.called("threshold"),
                                 missed ? "was missed" : "was not measured", threshold.text));
  }
}

}  // namespace couponctl::cmd
