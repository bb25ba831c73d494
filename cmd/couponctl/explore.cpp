// `couponctl explore`: tries every order of a few callers' commands, instead of hoping for luck.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "cli/output.h"
#include "couponctl/bench_servers.h"
#include "couponctl/commands.h"
#include "couponctl/designs.h"
#include "process/signals.h"
#include "race/explore.h"
#include "report/explore_report.h"
#include "report/progress.h"
#include "servers/scratch.h"

namespace couponctl::cmd {
namespace {

using cli::CommandLine;
using cli::Context;
using core::Exit;
using core::Failure;
using report::Explored;
using report::ExploreReport;

struct Options {
  std::vector<std::string> strategy;
  std::int64_t callers = 2;
  std::int64_t left = 0;
  std::int64_t processes = 1;
  std::int64_t workers = 1;
  std::int64_t orders = 0;
  std::int64_t seed = 42;
  std::string users = "distinct";
  std::string replay;
  bool crash = false;
  std::vector<std::string> require;
  std::string private_stack = "auto";
};

core::Result<void> check_schedule(std::string_view text) {
  if (race::parse_schedule(text)) return {};
  return core::Error{core::Fault::invalid,
                     {},
                     "must name who goes, in their order, as a report does: 0101, or 0!01 (got " +
                         core::quote(text) + ")"};
}

race::ExplorePlan plan_of(const Options& options, const servers::Servers& servers,
                          const strategies::Strategy& strategy,
                          const servers::ScratchNumber& number) {
  const bool kills = options.replay.find('!') != std::string::npos;
  return {.strategy = strategy,
          .callers = static_cast<int>(options.callers),
          .left = options.left > 0          ? options.left
                  : options.users == "same" ? options.callers
                                            : 1,
          .same_user = options.users == "same",
          .workers = static_cast<int>(options.workers),
          .processes = static_cast<int>(std::min(options.processes, options.callers)),
          .crash = options.crash || kills,
          .orders_max = options.orders,
          .seed = static_cast<std::uint64_t>(options.seed),
          .replay = options.replay.empty() ? std::nullopt : race::parse_schedule(options.replay),
          .scratch = number.name(strategy.info.name),
          .servers = servers};
}

// `on_order` hears how many orders were tried.
Explored explore_one(const race::ExplorePlan& plan, const servers::Presence& presence,
                     const std::stop_token& stop,
                     const std::function<void(std::int64_t)>& on_order) {
  Explored explored;
  explored.found.name = plan.strategy.info.name;
  explored.skipped = strategies::missing_server(plan.strategy.info.needs, presence);
  if (!explored.skipped.empty()) return explored;
  try {
    explored.found = race::explore(plan, stop, on_order);
  } catch (const Failure& failure) {
    if (stop.stop_requested())
      explored.found.interrupted = true;
    else
      explored.failed = failure.what();
  }
  return explored;
}

std::vector<Explored> explore_all(const Options& options, const BenchServers& found,
                                  const Context& context, const std::stop_token& stop) {
  const auto number =
      core::or_throw(servers::ScratchNumber::claim(found.servers.mysql, strategies::scratch_prefix),
                     Exit::unreachable);
  const auto designs = designs_named(options.strategy);
  report::Progress progress(context.progress_terminal(), "explore", std::ssize(designs));
  for (const auto& text : servers::sweep_scratch(found.servers, strategies::scratch_prefix))
    progress.note(text);
  std::vector<Explored> all;
  for (const auto& design : designs) {
    if (stop.stop_requested()) break;
    const auto done = std::ssize(all);
    all.push_back(explore_one(plan_of(options, found.servers, design, number), found.presence, stop,
                              [&](std::int64_t orders) {
                                progress.update(
                                    done, fmt::format("{}: {} orders", design.info.name, orders));
                              }));
    progress.update(done + 1);
  }
  return all;
}

// What is certain and bad comes before what is not known.
Exit exit_of(const ExploreReport& report, const servers::Presence& presence,
             const Context& context) {
  const auto any = [&](const auto& test) { return std::ranges::any_of(report.designs, test); };
  if (any([](const Explored& one) { return one.found.broken_orders > 0; }))
    return Exit::broken_promise;
  if (any([](const Explored& one) { return !one.failed.empty(); })) return Exit::runtime;
  if (any([](const Explored& one) { return !one.found.inconclusive.empty(); }))
    return Exit::incomplete;
  if (!any([](const Explored& one) { return one.skipped.empty(); }))
    throw no_design_could_run(presence, context);
  return Exit::ok;
}

void print(const Context& context, const ExploreReport& report) {
  const auto& globals = context.globals;
  if (globals.output == "json")
    fmt::print(context.out, "{}", report::explore_json(report));
  else
    context.print(report::explore_text(report, format_of(globals), context.look));
}

Exit explore(const Options& options, const Context& context) {
  if (!options.replay.empty() && options.strategy.size() != 1)
    throw Failure(Exit::usage, context.called("replay") + " is an order of one design",
                  "Name it: --strategy NAME --replay " + options.replay);
  const process::SignalWatch signals(context.globals.quiet);
  const auto found = find_bench_servers({.private_stack = options.private_stack,
                                         .required = options.require,
                                         .needs = needs_of(designs_named(options.strategy))},
                                        context, signals.stop_token());
  if (!found.presence.mysql.answers) throw no_design_could_run(found.presence, context);
  const ExploreReport report{.command = context.command_line,
                             .seed = static_cast<std::uint64_t>(options.seed),
                             .environment = environment_of(found),
                             .designs = explore_all(options, found, context, signals.stop_token())};
  print(context, report);
  return signals.exit_code() != Exit::ok ? signals.exit_code()
                                         : exit_of(report, found.presence, context);
}

}  // namespace

void add_explore(CommandLine& line) {
  auto options = std::make_shared<Options>();
  line.command("explore", "Try every order of a few callers' commands: which one breaks a design?")
      .example("couponctl explore", "all designs, two callers, one coupon left")
      .example("couponctl explore --strategy naive-ge", "and the shortest order that over-issues")
      .example("couponctl explore --strategy redis-set-kafka --crash", "kill after each command")
      .example("couponctl explore --strategy naive-ge --replay 0101", "one order again")
      .list("strategy", options->strategy, "Only these `DESIGNS`; bench --list names them",
            check_design_name)
      .suggests(design_names())
      .integer("callers", options->callers, 1, 6, "`N` callers that ask once each")
      .integer("left", options->left, 0, 6,
               "`N` coupons to be had; 0: one, or of the same user one for each caller")
      .choice("users", options->users, {"distinct", "same"}, "Who asks: one user each, or the same")
      .integer("processes", options->processes, 1, 6,
               "`N` processes that the callers are in: a lock of a process counts there only")
      .integer("workers", options->workers, 1, 6,
               "`N` workers that pop the list of redis-lua-list and insert")
      .flag("crash", options->crash,
            "Kill one of those who take part, after each of its commands; then the applicant asks "
            "again, or who was killed is started again")
      .integer("orders", options->orders, 0, 1'000'000,
               "Draw `N` orders at random instead of trying every one: a sample, no proof; 0: "
               "every one")
      .integer("seed", options->seed, 0, 1'000'000'000, "`N` that orders are drawn with")
      .text("replay", options->replay,
            "Only this `ORDER`, as a report names it; what it leaves open goes from the left",
            check_schedule)
      .choice(
          "private-stack", options->private_stack, {"auto", "always", "never"},
          "Start throw-away servers; auto: those that are needed, were not named and do not answer")
      .list("require", options->require,
            "Exit 3 unless these `SERVERS` answer: redis, kafka, mysql, real-kafka",
            check_required_server)
      .suggests(required_server_names())
      .run([options](const Context& context) { return explore(*options, context); });
}

}  // namespace couponctl::cmd
