#include "couponctl/bench_presets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "cli/output.h"
#include "couponctl/bench_exit.h"
#include "report/preset_report.h"
#include "report/progress.h"

namespace couponctl::cmd {
namespace {

using cli::Context;
using core::Exit;
using core::Failure;
using race::Preset;
using race::RaceResult;
using race::Trial;
using race::TrialResult;

RaceResult play(const Preset& preset, const Trial& trial, const race::BenchPlan& plan,
                const Context& context, const std::stop_token& stop) {
  const auto own = plan_of(preset, trial, plan);
  std::optional<report::Progress> progress;
  return race::bench(own, stop, [&](std::int64_t done, std::int64_t total, std::string_view what) {
    if (!progress)
      progress.emplace(context.progress_terminal(), fmt::format("{}, {}", preset.name, trial.name),
                       total);
    progress->update(done, what);
  });
}

RaceResult not_begun(const Preset& preset, const Trial& trial, const race::BenchPlan& plan) {
  auto result = race::head_of(plan_of(preset, trial, plan));
  result.interrupted = true;
  return result;
}

std::vector<TrialResult> play(const Preset& preset, const std::vector<Trial>& trials,
                              const race::BenchPlan& plan, const Context& context,
                              const std::stop_token& stop) {
  std::vector<TrialResult> played;
  for (const auto& trial : trials) {
    const bool begins = played.empty() || !stop.stop_requested();
    played.push_back({trial, begins ? play(preset, trial, plan, context, stop)
                                    : not_begun(preset, trial, plan)});
  }
  return played;
}

}  // namespace

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const auto& preset : race::presets()) names.emplace_back(preset.name);
  return names;
}

void check_goes_with(const Preset& preset, const Context& context) {
  std::vector<const char*> alien{"users", "rate",    "processes",   "hold",
                                 "fault", "explain", "history-out", "threshold"};
  if (preset.surroundings.bystander.per_second == 0)
    alien.insert(alien.end(), {"bystander", "order-timeout", "pool", "db-delay", "max-rate"});
  for (const auto* name : alien) {
    const auto& option = context.command.option(name);
    if (option.origin.source == cli::Source::initial) continue;
    throw Failure(
        Exit::usage,
        fmt::format("{} with {} {}", option.called(), context.called("preset"), preset.name),
        fmt::format("Drop one of them: a preset says itself who asks, and how; {} is for "
                    "a race of your own",
                    option.called()));
  }
}

std::vector<Trial> trials_to_play(const Preset& preset, const race::BenchPlan& plan,
                                  const Context& context) {
  auto trials = trials_of(preset, plan.strategies);
  if (trials.empty()) {
    std::vector<std::string_view> names;
    for (const auto& trial : preset.trials)
      for (const auto& claim : trial.claims)
        if (std::ranges::find(names, claim.design) == names.end()) names.push_back(claim.design);
    throw Failure(Exit::usage,
                  fmt::format("{} {} says nothing of these {}", context.called("preset"),
                              preset.name, context.called("strategy")),
                  fmt::format("Name some of {}", fmt::join(names, ", ")));
  }
  for (const auto& trial : trials)
    if (trial.processes > plan.load.threads)
      throw Failure(
          Exit::usage,
          fmt::format("{} {} with {} {}: its {} need a thread each", context.called("threads"),
                      plan.load.threads, context.called("preset"), preset.name, trial.name),
          fmt::format("Raise {}, or leave its designs out with --strategy",
                      context.called("threads")));
  return trials;
}

Exit bench_preset(const Preset& preset, const std::vector<Trial>& trials, race::BenchPlan plan,
                  const BenchServers& found, const Context& context, const std::stop_token& stop) {
  plan.servers = found.servers;
  plan.presence = found.presence;
  auto played = play(preset, trials, plan, context, stop);
  std::vector<RaceResult> results;
  for (auto& [trial, result] : played) {
    result.users = trial.users.kind == load::Users::Kind::same ? "same" : "distinct";
    result.command = context.command_line;
    result.environment = environment_of(found);
    results.push_back(result);
  }
  const auto& globals = context.globals;
  if (globals.output == "json")
    fmt::print(context.out, "{}", report::preset_json(preset, played));
  else
    context.print(report::preset_text(preset, played, format_of(globals), context.look));
  if (!stop.stop_requested() && all_skipped(results))
    throw no_design_could_run(found.presence, context);
  return exit_of(results);
}

}  // namespace couponctl::cmd
