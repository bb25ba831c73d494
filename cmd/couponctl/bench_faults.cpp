#include "couponctl/bench_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "cli/output.h"
#include "core/parse.h"
#include "couponctl/bench_exit.h"
#include "report/fault_report.h"
#include "report/progress.h"

namespace couponctl::cmd {
namespace {

using cli::Context;
using core::Exit;
using race::Fault;
using race::RaceResult;

std::vector<Fault> faults_named(const std::vector<std::string>& names) {
  std::vector<Fault> faults;
  for (const auto fault : race::all_faults)
    if (std::ranges::find(names, "all") != names.end() ||
        std::ranges::find(names, race::name(fault)) != names.end())
      faults.push_back(fault);
  return faults;
}

RaceResult race_through(Fault fault, race::BenchPlan plan, const Context& context,
                        const std::stop_token& stop) {
  plan.fault = fault;
  std::optional<report::Progress> progress;
  return race::bench(plan, stop, [&](std::int64_t done, std::int64_t total, std::string_view what) {
    if (!progress)
      progress.emplace(context.progress_terminal(), std::string(race::name(fault)), total);
    progress->update(done, what);
  });
}

}  // namespace

std::vector<std::string> fault_names() {
  std::vector<std::string> names;
  for (const auto fault : race::all_faults) names.emplace_back(race::name(fault));
  names.emplace_back("all");
  return names;
}

core::Result<void> check_fault_name(std::string_view text) {
  if (auto chosen = core::parse_choice(text, fault_names()); !chosen) return chosen.error();
  return {};
}

Exit bench_faults(const FaultRace& race, BenchServers& found, const Context& context,
                  const std::stop_token& stop) {
  faults::Injector injector(*found.own, found.directory);
  auto plan = race.plan;
  plan.injector = &injector;
  plan.servers = found.servers;
  plan.servers.redis.host = injector.redis().host;
  plan.servers.redis.port = injector.redis().port;
  plan.servers.mysql.host = injector.database().host;
  plan.servers.mysql.port = injector.database().port;
  plan.presence = found.presence;
  std::vector<RaceResult> results;
  for (const auto fault : faults_named(race.faults)) {
    if (stop.stop_requested()) break;
    auto result = race_through(fault, plan, context, stop);
    result.users = race.users;
    result.command = context.command_line;
    result.environment = environment_of(found);
    results.push_back(std::move(result));
  }
  const auto& globals = context.globals;
  if (globals.output == "json")
    fmt::print(context.out, "{}", report::fault_json(results));
  else
    context.print(report::fault_text(results, format_of(globals), context.look));
  return exit_of(results);
}

}  // namespace couponctl::cmd
