// `couponctl reset-redis`: forgets who was admitted, so that a campaign's next round can begin.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "admin/reset.h"
#include "cli/confirm.h"
#include "cli/output.h"
#include "cli/usage_error.h"
#include "couponctl/commands.h"
#include "ledger/schema.h"
#include "servers/connect.h"

namespace couponctl::cmd {
namespace {

using admin::ResetView;
using cli::CommandLine;
using cli::Context;
using cli::Globals;
using cli::UsageError;
using core::Exit;

struct Options {
  bool dry_run = false;
  bool yes = false;
  bool force = false;
  std::string confirm;
};

void check_force(const Options& options, const Context& context) {
  const auto& name = context.globals.campaign;
  if (options.force && options.confirm != name)
    throw UsageError(context.command.path(),
                     options.confirm.empty()
                         ? std::string("--force needs the campaign's name once more")
                         : fmt::format("--confirm names {}, and the campaign is {}",
                                       cli::name_it(options.confirm), name),
                     fmt::format("Add --confirm {}", name));
  if (!options.force && !options.confirm.empty())
    throw UsageError(context.command.path(), "--confirm does nothing without --force");
}

report::Table table_of(const ResetView& view) {
  report::Table table({{"KEY"}, {"STATE"}});
  for (const auto& key : view.keys) table.add({key.name, key.is_there ? "is there" : "absent"});
  return table;
}

// "3 messages of it on the topic, 2 of summer, 1 without headers".
std::string remainder_text(const ResetView& view) {
  const auto& messages = view.remainder->messages;
  const auto own = messages.find(view.campaign.name);
  auto text =
      fmt::format("{} messages of it on the topic", own == messages.end() ? 0 : own->second);
  for (const auto& [campaign, count] : messages)
    if (campaign != view.campaign.name)
      text += campaign.empty() ? fmt::format(", {} without headers", count)
                               : fmt::format(", {} of {}", count, campaign);
  return text;
}

std::string standing_text(const ResetView& view) {
  const auto& campaign = view.campaign;
  auto text =
      fmt::format("Campaign {}, epoch {}: quota {}", campaign.name, campaign.epoch, campaign.quota);
  text += view.is_in_database() ? fmt::format(", {} coupons issued", view.counts.coupons)
                                : ", not in the database";
  if (view.standing)
    text += fmt::format(", {} users admitted, outbox {}", view.standing->admitted,
                        view.standing->outbox);
  if (view.remainder) text += fmt::format(", {}", remainder_text(view));
  if (view.counts.failed_new > 0)
    text += fmt::format(", {} failed events not yet replayed", view.counts.failed_new);
  return text + ".\n";
}

std::string preview(const ResetView& view, bool force) {
  auto text = standing_text(view) +
              fmt::format(
                  "Who was admitted is forgotten: after the next \"campaign open\" another {} "
                  "coupons can be "
                  "issued,\nto the same users too. The coupons in the database stay.\n",
                  view.campaign.quota);
  if (force && !view.obstacles.empty())
    text += fmt::format(
        "Forced although: {}. Admissions in the outbox are lost, messages of this epoch that are\n"
        "still in the topic are recorded as failed, and messages without headers that are still in "
        "the topic\ncount for the new round.\n",
        fmt::join(view.obstacles, ", "));
  return text + "\n" + table_of(view).render(report::Format::table, {});
}

nlohmann::ordered_json json_of(const ResetView& view) {
  auto keys = nlohmann::ordered_json::array();
  for (const auto& key : view.keys) keys.push_back({{"key", key.name}, {"is_there", key.is_there}});
  return {{"campaign", view.campaign.name},
          {"epoch", view.campaign.epoch},
          {"quota", view.campaign.quota},
          {"issued", view.counts.coupons},
          {"keys", keys},
          {"obstacles", view.obstacles}};
}

core::Result<admin::Remainder> find_remainder(const Globals& globals) {
  auto database = ledger::open(globals.servers().mysql);
  return admin::find_remainder(database, {globals.servers().kafka, globals.topic},
                               globals.campaign);
}

ResetView look(const Globals& globals) {
  servers::connect(globals.servers().redis);  // before the topic is read, which may take long
  // The sessions would be silent meanwhile.
  auto remainder = find_remainder(globals);
  auto redis = servers::connect(globals.servers().redis);
  auto database = ledger::open(globals.servers().mysql);
  return admin::inspect_reset({database, redis}, globals.campaign, std::move(remainder));
}

Exit dry_run(const Context& context, const ResetView& view) {
  context.note(standing_text(view));
  print(context, table_of(view), json_of(view));
  if (!view.obstacles.empty())
    context.note(fmt::format("It would be refused: {}.", fmt::join(view.obstacles, ", ")));
  return Exit::ok;
}

Exit reset_redis(const Options& options, const Context& context) {
  check_force(options, context);
  const auto& globals = context.globals;
  const auto view = look(globals);
  if (options.dry_run) return dry_run(context, view);
  if (!options.force) admin::require_resettable(view);
  auto campaign = view.campaign;
  if (view.is_done()) {
    context.note(fmt::format("Nothing of campaign {} is left to reset.", campaign.name));
  } else {
    confirm(context, preview(view, options.force), "Forget who was admitted?", options.yes);
    // A person may have taken long to answer: longer, too, than a session lasts.
    auto remainder = options.yes ? view.remainder : find_remainder(globals);
    auto redis = servers::connect(globals.servers().redis);
    auto database = ledger::open_to_write(globals.servers().mysql);
    campaign = admin::reset({database, redis}, campaign.name, std::move(remainder), options.force);
    context.note(fmt::format(
        "Campaign {0} is reset. Begin epoch {1} with \"couponctl campaign open {0} --quota "
        "{2}\".\n",
        campaign.name, campaign.epoch, campaign.quota));
  }
  report::Table table({{"CAMPAIGN"}, {"EPOCH", report::Align::right}});
  table.add({campaign.name, std::to_string(campaign.epoch)});
  print(context, table, {{"campaign", campaign.name}, {"epoch", campaign.epoch}});
  return Exit::ok;
}

}  // namespace

void add_reset_redis(CommandLine& line) {
  auto options = std::make_shared<Options>();
  line.command("reset-redis", "Forget who was admitted: another round of coupons can be issued")
      .example("couponctl reset-redis --dry-run", "the keys that would be deleted, and why not yet")
      .example("couponctl reset-redis --campaign summer --yes", "closed, and everything written")
      .flag("dry-run", options->dry_run, "Only list the keys and what stands against it")
      .flag_only()
      .flag("yes", options->yes, "Do not ask")
      .flag_only()
      .flag("force", options->force, "Reset also what is open or under way; needs --confirm")
      .flag_only()
      .text("confirm", options->confirm, "The campaign's `NAME` once more, for --force")
      .flag_only()
      .run([options](const Context& context) { return reset_redis(*options, context); });
}

}  // namespace couponctl::cmd
