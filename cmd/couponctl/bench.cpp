// `couponctl bench`: races the strategies against each other and says which kept their promise.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/output.h"
#include "couponctl/bench_exit.h"
#include "couponctl/bench_faults.h"
#include "couponctl/bench_presets.h"
#include "couponctl/bench_servers.h"
#include "couponctl/bench_thresholds.h"
#include "couponctl/commands.h"
#include "couponctl/designs.h"
#include "process/signals.h"
#include "race/bench.h"
#include "report/history_writer.h"
#include "report/progress.h"
#include "report/race_report.h"

namespace couponctl::cmd {
namespace {

using cli::CommandLine;
using cli::Context;
using cli::print;
using core::Exit;

constexpr std::int64_t default_pool = 10;  // as applications have it

struct Options {
  std::int64_t threads = 32;
  std::int64_t requests = 1000;
  std::int64_t limit = 100;
  std::int64_t runs = 10;
  std::int64_t warm_up = 1;
  std::int64_t workers = 1;
  double rate = 0;
  std::int64_t seed = 42;
  std::string users = "distinct";
  std::vector<std::string> strategy;
  std::vector<std::string> require;
  std::string private_stack = "auto";
  std::int64_t processes = 1;
  std::int64_t hold = 0;
  double bystander = 0;
  std::chrono::milliseconds order_timeout{1000};
  std::int64_t pool = 0;
  std::chrono::milliseconds db_delay{0};
  std::int64_t max_rate = 0;
  std::vector<std::string> fault;
  std::string preset;
  bool list = false;
  bool quick = false;
  bool explain = false;
  std::string history_out;
  std::vector<std::string> threshold;
};

core::Result<load::Users> parse_users(std::string_view text) {
  if (text == "distinct") return load::Users{load::Users::Kind::distinct, 0};
  if (text == "same") return load::Users{load::Users::Kind::same, 0};
  const auto count = core::parse_integer(text, 1, 1'000'000'000);
  if (!count)
    return core::Error{core::Fault::invalid,
                       {},
                       "must be distinct, same or a number of users 1..1000000000 (got " +
                           core::quote(text) + ")"};
  return load::Users{load::Users::Kind::random, *count};
}

core::Result<void> check_users(std::string_view text) {
  if (const auto users = parse_users(text); !users) return users.error();
  return {};
}

std::string promises(const strategies::Info& info) {
  const auto& promise = info.promise;
  std::vector<std::string> kept;
  if (promise.never_over_quota) kept.emplace_back("never over quota");
  if (promise.one_per_user) kept.emplace_back("one per user");
  if (promise.first_come_first_served) kept.emplace_back("in order");
  if (kept.empty()) return "nothing";
  return fmt::format("{}{}", fmt::join(kept, ", "), info.across_processes ? "" : " in one process");
}

std::string needs(const strategies::Needs& need) {
  std::vector<std::string> servers;
  if (need.redis) servers.emplace_back("redis");
  if (need.kafka) servers.emplace_back("kafka");
  if (need.mysql) servers.emplace_back("mysql");
  return fmt::format("{}", fmt::join(servers, ", "));
}

Exit list(const Context& context) {
  report::Table table({{"STRATEGY", report::Align::left, "name"},
                       {"WHAT IT DOES", report::Align::left, "summary"},
                       {"PROMISES"},
                       {"NEEDS"}});
  auto json = nlohmann::ordered_json::array();
  for (const auto& strategy : strategies::all()) {
    const auto& info = strategy.info;
    table.add(
        {std::string(info.name), std::string(info.summary), promises(info), needs(info.needs)});
    json.push_back({{"name", info.name},
                    {"summary", info.summary},
                    {"never_over_quota", info.promise.never_over_quota},
                    {"one_per_user", info.promise.one_per_user},
                    {"first_come_first_served", info.promise.first_come_first_served},
                    {"across_processes", info.across_processes},
                    {"under_faults", info.under_faults}});
  }
  report::Table presets({{"PRESET"}, {"WHAT IT PLAYS"}});
  auto json_presets = nlohmann::ordered_json::array();
  for (const auto& preset : race::presets()) {
    presets.add({std::string(preset.name), std::string(preset.sentence)});
    json_presets.push_back({{"name", preset.name}, {"sentence", preset.sentence}});
  }
  print(context, table, {{"strategies", json}, {"presets", json_presets}});
  // CSV is one table: of the designs.
  if (const auto& output = context.globals.output; output == "table" || output == "markdown")
    context.print("\n" + presets.render(format_of(context.globals), context.look));
  return Exit::ok;
}

void print(const Context& context, const race::RaceResult& result) {
  const auto& globals = context.globals;
  if (globals.output == "json")
    fmt::print(context.out, "{}", report::race_json(result));
  else
    context.print(report::race_text(result, format_of(globals), context.look));
}

// A run with a fault takes seconds, and one of them shows as much as ten without.
struct Runs {
  std::int64_t counted, warm_up;
};
Runs runs_of(const Options& options, const Context& context) {
  const bool one_will_do = options.quick || !options.fault.empty();
  const auto is_asked_for = [&](const char* option) {
    return !one_will_do || context.origin(option).source != cli::Source::initial;
  };
  return {.counted = is_asked_for("runs") ? options.runs : 1,
          .warm_up = is_asked_for("warm-up") ? options.warm_up : 0};
}

void check_database_is_shared_here(const Options& options, const Context& context) {
  if ((options.bystander > 0 || options.pool > 0) &&
      (options.processes > 1 || options.hold > 0 || !options.fault.empty()))
    throw core::Failure(Exit::usage,
                        fmt::format("{} and {} share connections in one process, without a fault",
                                    context.called("bystander"), context.called("pool")),
                        fmt::format("Drop {}, {} and {}", context.called("processes"),
                                    context.called("hold"), context.called("fault")));
  if (options.db_delay.count() > 0 && !options.fault.empty())
    throw core::Failure(Exit::usage,
                        fmt::format("{} is for races without {}", context.called("db-delay"),
                                    context.called("fault")),
                        "Drop one of them");
}

// Whoever stands by uses the connections that the callers use.
int pool_of(const Options& options) {
  const bool is_shared = options.bystander > 0;
  return static_cast<int>(options.pool == 0 && is_shared ? default_pool : options.pool);
}

race::BenchPlan plan_of(const Options& options, const Context& context) {
  if (options.processes > options.threads)
    throw core::Failure(
        Exit::usage,
        fmt::format("{} {} with {} {}: a process needs a thread", context.called("processes"),
                    options.processes, context.called("threads"), options.threads),
        "Raise " + context.called("threads"));
  if (options.hold > options.threads)
    throw core::Failure(Exit::usage,
                        fmt::format("{} {} with {} {}", context.called("hold"), options.hold,
                                    context.called("threads"), options.threads),
                        fmt::format("Raise {}: each caller that is held has a thread of its own",
                                    context.called("threads")));
  if (options.hold > 0 && (options.processes > 1 || !options.fault.empty()))
    throw core::Failure(
        Exit::usage, context.called("hold") + " holds callers of one process, and without a fault",
        fmt::format("Drop {} and {}", context.called("processes"), context.called("fault")));
  if (options.explain && (options.processes > 1 || !options.fault.empty()))
    throw core::Failure(
        Exit::usage,
        context.called("explain") + " hears the commands of one process, and without a fault",
        fmt::format("Drop {} and {}", context.called("processes"), context.called("fault")));
  check_database_is_shared_here(options, context);
  const auto runs = runs_of(options, context);
  return {.load = {.threads = static_cast<int>(options.threads),
                   .requests = options.requests,
                   .per_second = options.rate,
                   .users = *parse_users(options.users),
                   .seed = static_cast<std::uint64_t>(options.seed)},
          .limit = options.limit,
          .runs = static_cast<int>(runs.counted),
          .workers = static_cast<int>(options.workers),
          .warm_up_runs = static_cast<int>(runs.warm_up),
          .strategies = designs_named(options.strategy),
          .processes = static_cast<int>(options.processes),
          .held = static_cast<int>(options.hold),
          .surroundings = {.pool = pool_of(options),
                           .bystander = {.per_second = options.bystander,
                                         .timeout = options.order_timeout},
                           .db_delay = options.db_delay,
                           .rows_per_s_max = options.max_rate},
          .explain = options.explain};
}

// Only servers that were started for it are harmed.
Exit bench_with_faults(const Options& options, const Context& context,
                       const process::SignalWatch& signals) {
  if (options.private_stack == "never")
    throw core::Failure(Exit::usage,
                        context.called("fault") + " harms the servers: it needs a private stack",
                        fmt::format("Drop {} never", context.called("private-stack")));
  for (const auto* option : {"history-out", "threshold"})
    if (context.origin(option).source != cli::Source::initial)
      throw core::Failure(Exit::usage,
                          fmt::format("{} is for races without {}", context.called(option),
                                      context.called("fault")),
                          "Drop one of them");
  if (options.threads < 2)
    throw core::Failure(
        Exit::usage,
        fmt::format("{} needs {} 2 or more", context.called("fault"), context.called("threads")),
        "One of two processes that ask is killed");
  const FaultRace race{options.fault, plan_of(options, context), options.users};
  auto found = find_bench_servers({.private_stack = "always", .required = options.require}, context,
                                  signals.stop_token());
  const auto exit = bench_faults(race, found, context, signals.stop_token());
  return signals.exit_code() != Exit::ok ? signals.exit_code() : exit;
}

// The options as the preset has them, where they were not set.
Options played(const race::Preset& preset, Options options, const Context& context) {
  const auto set = [&](const char* option, auto& target, auto value) {
    if (context.origin(option).source == cli::Source::initial) target = value;
  };
  set("threads", options.threads, preset.threads);
  set("requests", options.requests, preset.requests);
  set("limit", options.limit, preset.limit);
  set("workers", options.workers, preset.workers);
  set("runs", options.runs, preset.runs);
  set("warm-up", options.warm_up, preset.warm_up);
  const auto& [pool, bystander, orders_min, db_delay, rows_per_s_max] = preset.surroundings;
  set("pool", options.pool, pool);
  set("bystander", options.bystander, bystander.per_second);
  set("order-timeout", options.order_timeout, bystander.timeout);
  set("db-delay", options.db_delay, db_delay);
  set("max-rate", options.max_rate, rows_per_s_max);
  return options;
}

Exit bench_with_preset(const Options& options, const Context& context,
                       const process::SignalWatch& signals) {
  const auto& preset = race::preset(options.preset);
  check_goes_with(preset, context);
  const auto plan = plan_of(played(preset, options, context), context);
  const auto trials = trials_to_play(preset, plan, context);
  const auto found = find_bench_servers({.private_stack = options.private_stack,
                                         .required = options.require,
                                         .needs = needs_of(plan.strategies),
                                         .mysql_port = preset.mysql_port},
                                        context, signals.stop_token());
  const auto exit = bench_preset(preset, trials, plan, found, context, signals.stop_token());
  return signals.exit_code() != Exit::ok ? signals.exit_code() : exit;
}

report::HistoryHead history_head(const race::BenchPlan& plan, const std::string& users,
                                 const Context& context) {
  const auto& load = plan.load;
  return {.command = context.command_line,
          .seed = load.seed,
          .threads = load.threads,
          .runs = plan.runs,
          .users = users,
          .demand = race::demand_of(load.users, load.seed, load.requests, plan.limit)};
}

Exit bench(const Options& options, const Context& context) {
  if (options.list) return list(context);
  const process::SignalWatch signals(context.globals.quiet);
  if (!options.preset.empty()) return bench_with_preset(options, context, signals);
  if (!options.fault.empty()) return bench_with_faults(options, context, signals);
  auto plan = plan_of(options, context);
  const auto thresholds = thresholds_of(options.threshold, plan, context);
  std::optional<report::HistoryWriter> history;
  if (!options.history_out.empty()) history.emplace(options.history_out);
  const auto found = find_bench_servers({.private_stack = options.private_stack,
                                         .required = options.require,
                                         .needs = needs_of(plan.strategies)},
                                        context, signals.stop_token());
  plan.servers = found.servers;
  plan.presence = found.presence;
  if (history) {
    history->begin(history_head(plan, options.users, context));
    plan.on_run = [&](const race::RunRecord& run) { history->add(run); };
  }
  race::RaceResult result;
  {
    std::optional<report::Progress> progress;
    result = race::bench(plan, signals.stop_token(),
                         [&](std::int64_t done, std::int64_t total, std::string_view what) {
                           if (!progress)
                             progress.emplace(context.progress_terminal(), "bench", total);
                           progress->update(done, what);
                         });
  }
  if (history) history->end(result.interrupted);
  result.users = options.users;
  result.command = context.command_line;
  result.environment = environment_of(found);
  result.thresholds = race::judge(thresholds, result.designs);
  print(context, result);
  if (context.globals.output == "csv") complain_of_thresholds(result.thresholds, context);
  if (signals.exit_code() != Exit::ok) return signals.exit_code();
  if (all_skipped({&result, 1})) throw no_design_could_run(found.presence, context);
  return exit_of({&result, 1});
}

void add_surroundings(cli::Command& command, Options& options) {
  command
      .integer("processes", options.processes, 1, 64,
               "`N` processes that the threads are spread over: a lock in one is none in another")
      .integer("hold", options.hold, 0, 1024,
               "Hold `N` callers between their read and their write while one coupon is left: the "
               "race in every run; 0: leave it to luck")
      .number(
          "bystander", options.bystander, 0, 10'000,
          "Insert `N` orders a second into another table meanwhile, and say how long they wait; "
          "0: nobody else uses the database")
      .duration("order-timeout", options.order_timeout, std::chrono::milliseconds(1),
                std::chrono::minutes(10), "So long an order of --bystander waits; then it is gone")
      .integer("pool", options.pool, 0, 1024,
               "Share `N` connections to the database among all threads and orders, first come "
               "first served; 0: one for each thread, and 10 with --bystander")
      .duration("db-delay", options.db_delay, std::chrono::milliseconds(0),
                std::chrono::seconds(10), "Let each answer of the database come so much later")
      .integer("max-rate", options.max_rate, 0, 10'000'000,
               "Let the pipeline's consumer write at most `N` rows a second; 0: no limit")
      .list("fault", options.fault,
            fmt::format("Let these `FAULTS` happen in each run, on private servers: {}",
                        fmt::join(fault_names(), ", ")),
            check_fault_name)
      .suggests(fault_names())
      .choice("private-stack", options.private_stack, {"auto", "always", "never"},
              "Start throw-away servers for the race; auto: those that are needed, were not named "
              "and do not answer")
      .list("require", options.require,
            "Exit 3 unless these `SERVERS` answer: redis, kafka, mysql, real-kafka",
            check_required_server)
      .suggests(required_server_names());
}

void add_results(cli::Command& command, Options& options) {
  command
      .text("history-out", options.history_out,
            "Write every call and row of the counted runs to `FILE`, as JSON Lines")
      .list("threshold", options.threshold,
            fmt::format(
                "Exit 5 unless these `BOUNDS` are kept, each like 'pipeline.p99 < 50ms': issued "
                "and over in each run, other counts summed over the runs; of {}",
                fmt::join(race::metric_names(), ", ")),
            check_threshold)
      .flag("explain", options.explain,
            "Show the requests of a run that read the same count, by thread");
}

}  // namespace

void add_bench(CommandLine& line) {
  auto options = std::make_shared<Options>();
  auto& command =
      line.command("bench",
                   "Race the designs on real servers: who over-issues, duplicates or loses?")
          .example("couponctl bench --threads 32 --requests 1000", "the race, on any machine")
          .example("couponctl bench --strategy naive,redis-incr --limit 10",
                   "two designs, 10 coupons")
          .example("couponctl bench --users same", "one user asks again and again")
          .example("couponctl bench --hold 8", "the race is no luck: 8 have read before one writes")
          .example("couponctl bench --bystander 50 --db-delay 5ms",
                   "how long others wait meanwhile")
          .example("couponctl bench --fault all", "what each design loses when something fails")
          .example("couponctl bench --preset S3", "a write-up's own race, and what it claims")
          .example("couponctl bench --threshold 'pipeline.p99 < 50ms'", "exit 5 unless it is kept")
          .example("couponctl bench --output json > result.json", "for a program")
          .integer("threads", options->threads, 1, 1024, "`N` workers that ask at the same time")
          .integer("requests", options->requests, 1, 100'000'000,
                   "`N` requests a run, the total shared by all threads")
          .number("rate", options->rate, 0, 1e7,
                  "Make `N` requests a second, however long answers take; 0: as fast as they come")
          .integer("limit", options->limit, 1, 1'000'000'000, "`N` coupons to be had")
          .list("strategy", options->strategy, "Only these `DESIGNS`; --list names them",
                check_design_name)
          .suggests(design_names())
          .choice(
              "preset", options->preset, preset_names(),
              "Play the write-up `NAME` in its own terms, and show what it claims beside what is "
              "measured; --list says what each is")
          .flag("list", options->list,
                "List the designs and what each promises, and the presets, and stop")
          .integer("runs", options->runs, 1, 10'000, "`N` counted runs of each design, interleaved")
          .integer("warm-up", options->warm_up, 0, 100,
                   "`N` runs of each design before, not counted")
          .flag("quick", options->quick,
                "One run of each design and none before, where --runs and --warm-up do not say: a "
                "verdict soon, and hardly a figure")
          .integer("workers", options->workers, 1, 64,
                   "`N` workers that pop the list of redis-lua-list and insert")
          .text("users", options->users,
                "`WHO` asks: distinct users, the same one, or a number of users, at random",
                check_users)
          .suggests({"distinct", "same"})
          .integer("seed", options->seed, 0, 1'000'000'000, "`N` that random users are drawn from");
  add_surroundings(command, *options);
  add_results(command, *options);
  command.run([options](const Context& context) { return bench(*options, context); });
}

}  // namespace couponctl::cmd
