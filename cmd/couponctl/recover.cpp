// `couponctl recover`: lets a campaign admit again whose Redis restarted, or has lost something.
#include "admin/recover.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "admin/preflight.h"
#include "cli/output.h"
#include "core/parse.h"
#include "couponctl/commands.h"
#include "ledger/schema.h"
#include "process/signals.h"
#include "report/progress.h"
#include "servers/connect.h"

namespace couponctl::cmd {
namespace {

using admin::Recovered;
using cli::CommandLine;
using cli::Context;
using cli::Globals;
using core::Exit;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

struct Options {
  milliseconds drain = 30s;
  bool database_lost = false;
  bool allow_unsafe = false;
};

issuance::Admission connect_admission(const Globals& globals) {
  const auto address = globals.servers().redis;
  return servers::connected(issuance::Admission::connect(address), address);
}

// Says why nothing happens for a while; on a terminal also for how long still.
admin::Draining show_draining(const Context& context, milliseconds drain,
                              std::optional<report::Progress>& progress) {
  return [&context, drain, &progress](milliseconds left) {
    if (!progress) {
      context.note(
          fmt::format("Campaign {} admits nobody; waiting {} for messages that are under way.",
                      context.globals.campaign, core::format_duration(drain)));
      progress.emplace(context.progress_terminal(), "drain", drain.count());
    }
    if (context.err_is_terminal) progress->update((drain - left).count());
  };
}

void print(const Context& context, const Recovered& recovered) {
  const auto& campaign = recovered.campaign;
  report::Table table({{"USERS"}, {"COUNT", report::Align::right}});
  const std::pair<const char*, std::int64_t> counts[] = {{"kept", recovered.kept},
                                                         {"removed", recovered.removed},
                                                         {"sent_again", recovered.sent_again},
                                                         {"from_ledger", recovered.from_ledger},
                                                         {"from_outbox", recovered.from_outbox},
                                                         {"from_topic", recovered.from_topic},
                                                         {"left_out", recovered.left_out},
                                                         {"admitted", recovered.admitted}};
  nlohmann::ordered_json json{{"campaign", campaign.name},
                              {"epoch", campaign.epoch},
                              {"state", ledger::name(campaign.state)},
                              {"quota", campaign.quota}};
  for (const auto& [name, count] : counts) {
    table.add({name, std::to_string(count)});
    json[name] = count;
  }
  json["partitions_read_again"] = recovered.partitions_read_again;
  json["row_made"] = recovered.row_made;
  print(context, table, json);
  const bool is_open = campaign.state == ledger::State::open;
  if (recovered.row_made)
    context.note(fmt::format(
        "The database did not know epoch {} of campaign {}: it does now, with a quota of {}. "
        "Whoever was\nadmitted gets a coupon of this database; messages without headers that are "
        "still on the topic may\ntake one too. \"couponctl audit\" says what is left to do.",
        campaign.epoch, campaign.name, campaign.quota));
  if (recovered.partitions_read_again > 0)
    context.note(fmt::format(
        "The topic ended before the recorded progress: it was made anew or has lost messages. "
        "Partitions\nthat are read again from their beginning: {}. Start \"couponctl consume\" "
        "again.\n",
        recovered.partitions_read_again));
  context.note(fmt::format("Campaign {} is {}: {} of {} coupons are taken.", campaign.name,
                           is_open ? "open again" : "recovered and stays closed",
                           recovered.admitted, campaign.quota));
}

Exit recover(const Options& options, const Context& context) {
  const process::SignalWatch signals(context.globals.quiet);
  const auto& globals = context.globals;
  const auto warn = [&](const std::string& what) { context.warn(what); };
  auto database = ledger::open_to_write(globals.servers().mysql);
  admin::require_fit(database, options.allow_unsafe, warn);
  auto admission = connect_admission(globals);
  admin::require_fit(admission.client(), globals.servers().redis.where(), options.allow_unsafe,
                     warn);
  std::optional<report::Progress> progress;
  const auto recovered =
      admin::recover(database, admission,
                     {.campaign = globals.campaign,
                      .topic = {globals.servers().kafka, globals.topic, globals.group},
                      .drain = options.drain,
                      .database_lost = options.database_lost},
                     show_draining(context, options.drain, progress), signals.stop_token());
  progress.reset();
  if (recovered) {
    print(context, *recovered);
    return Exit::ok;
  }
  context.complain(signals.exit_code(), "interrupted",
                   fmt::format("Campaign {0} admits nobody until \"couponctl recover --campaign "
                               "{0}\" is run again",
                               globals.campaign));
  return signals.exit_code();
}

}  // namespace

void add_recover(CommandLine& line) {
  auto options = std::make_shared<Options>();
  line.command("recover", "Let a campaign admit again after Redis restarted or lost something")
      .example("couponctl recover --campaign summer", "after apply said FENCED, UNINIT or CORRUPT")
      .example("couponctl recover", "also where the topic was made anew or lost messages")
      .example("couponctl recover --database-lost", "the database is empty, or older than Redis")
      .example("couponctl recover --drain 0s", "when no applicant can have a message under way")
      .duration("drain", options->drain, 0ms, 1h,
                "Wait `TIME`, closed, for messages that applicants still have under way")
      .flag("database-lost", options->database_lost,
            "Make the campaign anew in a database that has lost it, from what Redis holds")
      .flag_only()
      .flag("allow-unsafe", options->allow_unsafe,
            "Only warn of a Redis that may forget who was admitted, or of a database that does not "
            "hold the limit")
      .run([options](const Context& context) { return recover(*options, context); });
}

}  // namespace couponctl::cmd
