// `couponctl campaign`: opens, closes, resizes and shows campaigns.
#include "admin/campaigns.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "admin/backlog.h"
#include "admin/preflight.h"
#include "admin/status.h"
#include "cli/output.h"
#include "cli/usage_error.h"
#include "core/parse.h"
#include "core/timestamp.h"
#include "couponctl/commands.h"
#include "ledger/schema.h"
#include "servers/connect.h"
#include "servers/exit.h"

namespace couponctl::cmd {
namespace {

using admin::Opened;
using cli::Command;
using cli::CommandLine;
using cli::Context;
using cli::Source;
using cli::UsageError;
using core::Exit;

struct Options {
  std::string name;  // "": --campaign
  std::int64_t quota = admin::quota_default;
  std::string opens_at;
  std::string closes_at;
  std::int64_t outbox_max = admin::outbox_max_default;
  bool allow_unsafe = false;
  std::string new_quota;
};

core::Result<void> check_bound(std::string_view text) {
  if (text == "none") return {};
  if (const auto moment = core::parse_timestamp(text); !moment) return moment.error();
  return {};
}

core::Result<void> check_quota(std::string_view text) {
  if (const auto quota = core::parse_integer(text, 1, admin::quota_max); !quota)
    return quota.error();
  return {};
}

std::string campaign_of(const Options& options, const Context& context) {
  const auto& global = context.globals.campaign;
  if (options.name.empty()) return global;
  if (context.origin("campaign").source == Source::flag && global != options.name)
    throw UsageError(
        context.command.path(),
        fmt::format("two campaigns are named: {} and --campaign {}", options.name, global));
  return options.name;
}

// "none": no bound; nullopt: it stays as it is.
std::optional<std::int64_t> bound_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return text == "none" ? 0 : *core::parse_timestamp(text);
}

admin::Terms terms_of(const Options& options, const Context& context) {
  admin::Terms terms;
  if (context.origin("quota").source != Source::initial) terms.quota = options.quota;
  if (context.origin("outbox-max").source != Source::initial) terms.outbox_max = options.outbox_max;
  terms.opens_at_ms = bound_of(options.opens_at);
  terms.closes_at_ms = bound_of(options.closes_at);
  if (terms.opens_at_ms && terms.closes_at_ms.value_or(0) != 0 &&
      *terms.closes_at_ms <= *terms.opens_at_ms)
    throw UsageError(
        context.command.path(),
        fmt::format("{} must be later than {} (got {} and {})", context.called("closes-at"),
                    context.called("opens-at"), options.closes_at, options.opens_at));
  return terms;
}

std::string moment(std::int64_t ms) { return ms == 0 ? "-" : core::format_timestamp(ms); }

nlohmann::ordered_json moment_json(std::int64_t ms) {
  if (ms == 0) return nullptr;
  return core::format_timestamp(ms);
}

nlohmann::ordered_json json_of(const ledger::Campaign& campaign) {
  return {{"campaign", campaign.name},
          {"state", ledger::name(campaign.state)},
          {"epoch", campaign.epoch},
          {"quota", campaign.quota},
          {"opens_at", moment_json(campaign.window.opens_at_ms)},
          {"closes_at", moment_json(campaign.window.closes_at_ms)}};
}

report::Table table_of(const std::vector<ledger::Campaign>& campaigns) {
  report::Table table({{"CAMPAIGN"},
                       {"STATE"},
                       {"EPOCH", report::Align::right},
                       {"QUOTA", report::Align::right},
                       {"OPENS AT"},
                       {"CLOSES AT"}});
  for (const auto& campaign : campaigns)
    table.add({campaign.name, std::string(ledger::name(campaign.state)),
               std::to_string(campaign.epoch), std::to_string(campaign.quota),
               moment(campaign.window.opens_at_ms), moment(campaign.window.closes_at_ms)});
  return table;
}

void print_campaign(const Context& context, const ledger::Campaign& campaign) {
  print(context, table_of({campaign}), json_of(campaign));
}

Exit open(const Options& options, const Context& context) {
  const auto name = campaign_of(options, context);
  const auto terms = terms_of(options, context);
  auto redis = servers::connect(context.globals.servers().redis);
  auto database = ledger::open_to_write(context.globals.servers().mysql);
  const auto warn = [&](const std::string& what) { context.warn(what); };
  admin::require_fit(redis, context.globals.servers().redis.where(), options.allow_unsafe, warn);
  admin::require_fit(database, options.allow_unsafe, warn);
  const auto [how, campaign, epoch_named] = admin::open({database, redis}, name, terms, [&] {
    return admin::epoch_named(database, {context.globals.servers().kafka, context.globals.topic},
                              name);
  });
  const auto* const said = how == Opened::was_open   ? "was open already, with the same terms"
                           : how == Opened::reopened ? "is open again"
                                                     : "is open";
  context.note(fmt::format("Campaign {} {}.", name, said));
  if (epoch_named > 0)
    context.note(fmt::format(
        "There are messages of an earlier campaign {}, up to epoch {}: they get no coupon of "
        "this one.",
        name, epoch_named));
  print_campaign(context, campaign);
  return Exit::ok;
}

Exit close(const Options& options, const Context& context) {
  const auto name = campaign_of(options, context);
  auto redis = servers::connect(context.globals.servers().redis);
  auto database = ledger::open_to_write(context.globals.servers().mysql);
  const bool changed = admin::close({database, redis}, name);
  context.note(fmt::format("Campaign {} {}.", name,
                           changed
                               ? "is closed: nobody is admitted, what is under way is still written"
                               : "was closed already"));
  print_campaign(context, admin::known_campaign({database, redis}, name));
  return Exit::ok;
}

Exit set_quota(const Options& options, const Context& context) {
  const auto& name = context.globals.campaign;
  const auto quota = *core::parse_integer(options.new_quota, 1, admin::quota_max);
  auto redis = servers::connect(context.globals.servers().redis);
  auto database = ledger::open_to_write(context.globals.servers().mysql);
  const auto before = admin::set_quota({database, redis}, name, quota);
  context.note(fmt::format("The quota of campaign {} was {} and is {}.", name, before, quota));
  print_campaign(context, admin::known_campaign({database, redis}, name));
  return Exit::ok;
}

Exit set_window(const Options& options, const Context& context) {
  const auto& name = context.globals.campaign;
  const auto opens_at_ms = bound_of(options.opens_at);
  const auto closes_at_ms = bound_of(options.closes_at);
  if (!opens_at_ms && !closes_at_ms)
    throw UsageError(context.command.path(), "neither --opens-at nor --closes-at is named");
  auto redis = servers::connect(context.globals.servers().redis);
  auto database = ledger::open_to_write(context.globals.servers().mysql);
  const auto before = admin::set_window({database, redis}, name, opens_at_ms, closes_at_ms);
  context.note(fmt::format("The window of campaign {} was {} to {}.", name,
                           moment(before.opens_at_ms), moment(before.closes_at_ms)));
  print_campaign(context, admin::known_campaign({database, redis}, name));
  return Exit::ok;
}

Exit show(const Options& options, const Context& context) {
  const auto name = campaign_of(options, context);
  auto redis = servers::connect(context.globals.servers().redis);
  auto database = ledger::open(context.globals.servers().mysql);
  const auto campaign = admin::known_campaign({database, redis}, name);
  const auto counts = servers::or_end(ledger::count(database, campaign));
  const auto standing = servers::or_end(admin::standing(redis, name));
  auto json = json_of(campaign);
  json["state"] = admin::state(campaign, standing);
  const auto outbox_max = standing.meta ? standing.meta->outbox_max : 0;
  json.update({{"admitted", standing.admitted},
               {"left", std::max<std::int64_t>(0, campaign.quota - standing.admitted)},
               {"issued", counts.coupons},
               {"outbox", standing.outbox},
               {"outbox_max", outbox_max},
               {"failed_new", counts.failed_new},
               {"failed_rejected", counts.failed_rejected},
               {"failed_done", counts.failed_done}});
  report::Table table({{"WHAT", report::Align::left, "key"}, {"VALUE"}});
  for (const auto& [key, value] : json.items())
    table.add({key, value.is_null()     ? "-"
                    : value.is_string() ? value.get<std::string>()
                                        : value.dump()});
  print(context, table, json);
  return Exit::ok;
}

Exit list(const Context& context) {
  auto database = ledger::open(context.globals.servers().mysql);
  const auto campaigns = servers::or_end(ledger::list_campaigns(database));
  auto json = nlohmann::ordered_json::array();
  for (const auto& campaign : campaigns) json.push_back(json_of(campaign));
  print(context, table_of(campaigns), {{"campaigns", json}});
  return Exit::ok;
}

void add_open(Command& campaign, const std::shared_ptr<Options>& options) {
  campaign.subcommand("open", "Open a campaign: from now on coupons are given out")
      .example("couponctl campaign open --quota 100", "the campaign called default")
      .example("couponctl campaign open summer --quota 500 --opens-at 2026-12-01T10:00:00+09:00",
               "nobody is admitted before that time")
      .positional("name", options->name, false, "The campaign's `NAME`; default: --campaign",
                  core::check_campaign_name)
      .integer("quota", options->quota, 1, admin::quota_max, "`N` coupons to be had")
      .top_level()
      .text("opens-at", options->opens_at,
            "The first `TIME` of admission, or none: at once; default: as in the round before",
            check_bound)
      .text("closes-at", options->closes_at,
            "The `TIME` when admission ends, or none: never; default: as in the round before",
            check_bound)
      .integer("outbox-max", options->outbox_max, 1, 100'000'000,
               "Admit nobody while `N` entries wait to be handed to Kafka")
      .flag("allow-unsafe", options->allow_unsafe,
            "Only warn of a Redis that may forget who was admitted, or of a database that does not "
            "hold the limit")
      .run([options](const Context& context) { return open(*options, context); });
}

void add_set_quota(Command& campaign, const std::shared_ptr<Options>& options) {
  campaign.subcommand("set-quota", "Change how many coupons are to be had, also while it is open")
      .example("couponctl campaign set-quota 200", "never below what was given out")
      .positional("quota", options->new_quota, true, "`N` coupons to be had (1..1000000000)",
                  check_quota)
      .run([options](const Context& context) { return set_quota(*options, context); });
}

void add_set_window(Command& campaign, const std::shared_ptr<Options>& options) {
  campaign.subcommand("set-window", "Change when applicants are admitted, also while it is open")
      .example("couponctl campaign set-window --closes-at 2026-12-01T12:00:00+09:00",
               "it ends later, or sooner")
      .example("couponctl campaign set-window --closes-at none", "it ends when it is closed")
      .text("opens-at", options->opens_at, "The first `TIME` of admission, or none: at once",
            check_bound)
      .text("closes-at", options->closes_at, "The `TIME` when admission ends, or none: never",
            check_bound)
      .run([options](const Context& context) { return set_window(*options, context); });
}

}  // namespace

void add_campaign(CommandLine& line) {
  auto options = std::make_shared<Options>();
  auto& campaign = line.command("campaign", "Open, close, resize, reschedule and list campaigns");
  add_open(campaign, options);
  const auto add_named = [&](const char* name, const char* summary, auto body) {
    campaign.subcommand(name, summary)
        .positional("name", options->name, false, "The campaign's `NAME`; default: --campaign",
                    core::check_campaign_name)
        .run([options, body](const Context& context) { return body(*options, context); });
  };
  add_named("close", "Admit nobody from now on; what is under way is still written", close);
  add_set_quota(campaign, options);
  add_set_window(campaign, options);
  add_named("show", "Show one campaign: its terms, and how it stands", show);
  campaign.subcommand("list", "List all campaigns").run([](const Context& context) {
    return list(context);
  });
}

}  // namespace couponctl::cmd
