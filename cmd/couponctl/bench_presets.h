// `couponctl bench --preset`: a write-up's races, and its claims beside what they showed.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "couponctl/bench_servers.h"
#include "race/presets.h"

namespace couponctl::cmd {

std::vector<std::string> preset_names();

// Throws core::Failure(usage) if an option was set that a preset decides itself.
void check_goes_with(const race::Preset& preset, const cli::Context& context);

// Its trials of what `plan` races. Throws core::Failure(usage) if there are none, or if one of them
// cannot be raced so.
std::vector<race::Trial> trials_to_play(const race::Preset& preset, const race::BenchPlan& plan,
                                        const cli::Context& context);

// `plan`: but for its servers and what a trial decides. A claim that does not come true is no
// failure: the claims are not ours.
core::Exit bench_preset(const race::Preset& preset, const std::vector<race::Trial>& trials,
                        race::BenchPlan plan, const BenchServers& found,
                        const cli::Context& context, const std::stop_token& stop);

}  // namespace couponctl::cmd
