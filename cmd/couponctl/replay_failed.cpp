// `couponctl replay-failed`: turns failed events into coupons where that has become possible.
#include <fmt/format.h>

#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>

#include "admin/replay.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "core/parse.h"
#include "couponctl/commands.h"
#include "ledger/schema.h"
#include "process/signals.h"
#include "report/progress.h"
#include "servers/exit.h"

namespace couponctl::cmd {
namespace {

using cli::CommandLine;
using cli::Context;
using cli::Source;
using core::Exit;
using ledger::FailureClass;
using servers::or_end;

using Histogram = std::map<FailureClass, std::int64_t>;

// The others are born rejected: no replay can turn them into a coupon.
constexpr FailureClass replayable_classes[] = {
    FailureClass::unknown_campaign, FailureClass::over_quota, FailureClass::rejected_row};

struct Options {
  std::string failure_class;
  std::string user;
  std::int64_t limit = 1'000'000;
  std::int64_t attempts_max = 10;
  bool dry_run = false;
  bool yes = false;
};

core::Result<std::int64_t> parse_user(std::string_view text) {
  return core::parse_integer(text, 0, std::numeric_limits<std::int64_t>::max());
}

std::vector<std::string> class_names() {
  std::vector<std::string> names;
  for (const auto failure : replayable_classes) names.emplace_back(ledger::name(failure));
  return names;
}

ledger::FailedFilter filter_of(const Options& options, const Context& context) {
  ledger::FailedFilter filter{.failure = {}, .campaign = "", .user = {}, .limit = options.limit};
  for (const auto failure : replayable_classes)
    if (options.failure_class == ledger::name(failure)) filter.failure = failure;
  if (!options.user.empty()) filter.user = core::UserId{*parse_user(options.user)};
  if (context.origin("campaign").source != Source::initial)
    filter.campaign = context.globals.campaign;
  return filter;
}

std::int64_t total(const Histogram& histogram) {
  return std::accumulate(histogram.begin(), histogram.end(), std::int64_t{0},
                         [](std::int64_t sum, const auto& entry) { return sum + entry.second; });
}

report::Table table_of(const Histogram& histogram) {
  report::Table table({{"CLASS"}, {"EVENTS", report::Align::right}});
  for (const auto& [failure, events] : histogram)
    table.add({std::string(ledger::name(failure)), std::to_string(events)});
  return table;
}

Exit print_preview(const Context& context, const Histogram& histogram) {
  auto classes = nlohmann::ordered_json::object();
  for (const auto& [failure, events] : histogram)
    classes[std::string(ledger::name(failure))] = events;
  print(context, table_of(histogram), {{"new", total(histogram)}, {"classes", classes}});
  return histogram.empty() ? Exit::ok : Exit::incomplete;
}

void print_result(const Context& context, const admin::ReplayTally& tally, std::int64_t left) {
  report::Table table({{"OUTCOME"}, {"EVENTS", report::Align::right}});
  nlohmann::ordered_json json;
  const auto add = [&](const std::string& outcome, std::int64_t events) {
    table.add({outcome, std::to_string(events)});
    json[outcome] = events;
  };
  add("issued", tally.issued);
  add("duplicate", tally.duplicate);
  add("still_failing", tally.still_failing);
  add("rejected", tally.rejected);
  add("taken_by_another", tally.taken_by_another);
  add("left", left);
  print(context, table, json);
}

admin::ReplayTally replay(const Options& options, const Context& context,
                          mysql::Connection& database, const std::vector<std::int64_t>& events,
                          const std::stop_token& stop) {
  report::Progress progress(context.progress_terminal(), "replay",
                            static_cast<std::int64_t>(events.size()));
  return admin::replay(database, events, options.attempts_max, stop,
                       [&](const admin::ReplayTally& tally) {
                         progress.update(tally.tried(), fmt::format("issued {}", tally.issued));
                       });
}

Exit replay_failed(const Options& options, const Context& context) {
  const auto filter = filter_of(options, context);
  auto database = ledger::open(context.globals.servers().mysql);
  const auto found = or_end(ledger::histogram(database, filter));
  if (options.dry_run) return print_preview(context, found);
  if (found.empty()) {
    context.note("No failed event is left to be replayed.");
    print_result(context, {}, 0);
    return Exit::ok;
  }
  confirm(context,
          fmt::format("Failed events that may still become coupons:\n\n{}",
                      table_of(found).render(report::Format::table, {})),
          "Replay them?", options.yes);
  const process::SignalWatch signals(context.globals.quiet);
  // Anew: a person may have taken longer than the session of the first look lasts.
  database = ledger::open_to_write(context.globals.servers().mysql);
  const auto tally = replay(options, context, database,
                            or_end(ledger::replayable(database, filter)), signals.stop_token());
  const auto left = total(or_end(ledger::histogram(database, filter)));
  print_result(context, tally, left);
  if (signals.exit_code() != Exit::ok) return signals.exit_code();
  return left > 0 ? Exit::incomplete : Exit::ok;
}

}  // namespace

void add_replay_failed(CommandLine& line) {
  auto options = std::make_shared<Options>();
  line.command("replay-failed", "Try again what could not become a coupon")
      .example("couponctl replay-failed --dry-run", "what there is, by class")
      .example("couponctl replay-failed --class OVER_QUOTA --yes", "after the quota was raised")
      .choice("class", options->failure_class, class_names(), "Only events of this `CLASS`")
      .text("user", options->user, "Only events of this user's `ID`",
            [](std::string_view text) -> core::Result<void> {
              if (const auto user = parse_user(text); !user) return user.error();
              return {};
            })
      .flag_only()
      .integer("limit", options->limit, 1, 1'000'000'000, "At most `N` events, the oldest first")
      .integer("max-attempts", options->attempts_max, 1, 1'000'000,
               "Reject an event for good after `N` tries")
      .flag("dry-run", options->dry_run, "Only show what would be tried; exit 6 if there is any")
      .flag_only()
      .flag("yes", options->yes, "Do not ask")
      .flag_only()
      .run([options](const Context& context) { return replay_failed(*options, context); });
}

}  // namespace couponctl::cmd
