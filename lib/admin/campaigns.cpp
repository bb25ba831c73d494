#include "admin/campaigns.h"

#include <embedded/lib/admin/campaign_change.lua.h>
#include <embedded/lib/admin/campaign_open.lua.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <map>
#include <utility>

#include "admin/history.h"
#include "core/fault_points.h"
#include "core/parse.h"
#include "core/timestamp.h"
#include "issuance/admission.h"
#include "servers/exit.h"

namespace couponctl::admin {
namespace {

using core::Error;
using core::Exit;
using core::Failure;
using core::Fault;
using core::kill_point;
using core::Result;
using issuance::CampaignKeys;
using ledger::Campaign;
using servers::exit_of;
using servers::or_end;

std::string run_recover(const std::string& name) {
  return fmt::format("Run \"couponctl recover --campaign {}\"", name);
}

Failure forgotten(const std::string& name) {
  return {Exit::unreachable,
          fmt::format("Redis has forgotten campaign {}: opening it from nothing would give its "
                      "coupons out again",
                      name),
          run_recover(name)};
}

// The meta belongs to this epoch and nobody is in the middle of changing it.
void require_settled(const Stores& stores, const Campaign& campaign, const Meta& meta) {
  const auto& name = campaign.name;
  if (is_behind(campaign, meta)) throw database_is_behind(stores.redis, name, meta, campaign);
  if (meta.state == "resetting")
    throw Failure(Exit::runtime, fmt::format("a reset of campaign {} was not finished", name),
                  fmt::format("Run \"couponctl reset-redis --campaign {}\" again", name));
  if (meta.state == "recovering")
    throw Failure(Exit::unreachable, fmt::format("campaign {} is being recovered", name),
                  run_recover(name) + " again if that was interrupted");
  if (meta.epoch != campaign.epoch)
    throw Failure(Exit::unreachable,
                  fmt::format("campaign {} is at epoch {} in Redis and {} in the database", name,
                              meta.epoch, campaign.epoch),
                  run_recover(name));
}

void require_not_fenced(const Stores& stores, const std::string& name, const Meta& meta) {
  if (meta.run_id == or_end(stores.redis.info("server", "run_id"))) return;
  throw Failure(Exit::unreachable,
                fmt::format("Redis was restarted or replaced since campaign {} was opened, and may "
                            "have lost admissions",
                            name),
                run_recover(name));
}

using Fields = std::vector<std::pair<std::string_view, std::string>>;

void change(const Stores& stores, const Campaign& campaign, const Fields& fields) {
  const CampaignKeys keys(campaign.name);
  const std::array<std::string_view, 2> names{keys.meta, keys.users};
  const auto epoch = std::to_string(campaign.epoch);
  std::vector<std::string_view> arguments{epoch};
  for (const auto& [field, value] : fields) arguments.insert(arguments.end(), {field, value});
  const auto outcome =
      or_end(redis::integer(stores.redis.eval(embedded::campaign_change_lua, names, arguments)));
  if (outcome == -2) throw forgotten(campaign.name);
  if (outcome >= 0)
    throw Failure(Exit::runtime, fmt::format("the quota of campaign {} cannot be below issued: {} "
                                             "users are admitted, {} were asked for",
                                             campaign.name, outcome, fields.front().second));
}

void change_quota(const Stores& stores, const Campaign& campaign, std::int64_t quota) {
  change(stores, campaign, {{"quota", std::to_string(quota)}});
}

std::string moment(std::int64_t ms) { return ms == 0 ? "not set" : core::format_timestamp(ms); }

// As it is typed.
std::string bound(std::int64_t ms) { return ms == 0 ? "none" : core::format_timestamp(ms); }

// Where the terms that were asked for are not those of the campaign: "quota is 100, not 200".
std::vector<std::string> differences(const Campaign& campaign, const Meta& meta,
                                     const Terms& terms) {
  std::vector<std::string> found;
  const auto compare = [&](std::string_view what, auto asked, std::int64_t has, auto text) {
    if (asked && *asked != has)
      found.push_back(fmt::format("{} is {}, not {}", what, text(has), text(*asked)));
  };
  const auto number = [](std::int64_t value) { return std::to_string(value); };
  compare("quota", terms.quota, campaign.quota, number);
  compare("opens-at", terms.opens_at_ms, campaign.window.opens_at_ms, moment);
  compare("closes-at", terms.closes_at_ms, campaign.window.closes_at_ms, moment);
  compare("outbox-max", terms.outbox_max, meta.outbox_max, number);
  return found;
}

void require_same_terms(const Campaign& campaign, const Meta& meta, const Terms& terms) {
  const auto different = differences(campaign, meta, terms);
  if (different.empty()) return;
  throw Failure(
      Exit::usage,
      fmt::format("campaign {} has other terms: {}", campaign.name, fmt::join(different, ", ")),
      fmt::format("Change the quota with \"couponctl campaign set-quota N --campaign "
                  "{0}\", the times with \"couponctl campaign set-window --campaign {0}\", end "
                  "it with \"couponctl campaign close {0}\", or open one of another name",
                  campaign.name));
}

void require_same_quota(const Campaign& campaign, const Meta& meta) {
  if (meta.quota == campaign.quota) return;
  throw Failure(Exit::runtime,
                fmt::format("a change of the quota of campaign {} was not finished: {} in Redis, "
                            "{} in the database",
                            campaign.name, meta.quota, campaign.quota),
                fmt::format("Run \"couponctl campaign set-quota N --campaign {}\"", campaign.name));
}

// By the clock that admission goes by.
void require_not_over(const Stores& stores, const std::string& name, std::int64_t closes_at_ms) {
  const auto now_ms = or_end(stores.redis.time_ms());
  if (closes_at_ms == 0 || closes_at_ms > now_ms) return;
  throw Failure(
      Exit::usage,
      fmt::format("campaign {} would have ended already: closes-at is {}, and Redis's "
                  "clock says {}",
                  name, moment(closes_at_ms), moment(now_ms)),
      fmt::format("Name a later --closes-at; \"couponctl campaign close {}\" ends one", name));
}

void require_same_window(const Campaign& campaign, const Meta& meta) {
  if (meta.window == campaign.window) return;
  throw Failure(
      Exit::runtime,
      fmt::format("a change of the window of campaign {} was not finished: {} to {} in Redis, {} "
                  "to {} in the database",
                  campaign.name, moment(meta.window.opens_at_ms), moment(meta.window.closes_at_ms),
                  moment(campaign.window.opens_at_ms), moment(campaign.window.closes_at_ms)),
      fmt::format("Run \"couponctl campaign set-window --opens-at {} --closes-at {} --campaign "
                  "{}\"",
                  bound(campaign.window.opens_at_ms), bound(campaign.window.closes_at_ms),
                  campaign.name));
}

void require_in_order(const std::string& name, const core::Window& window) {
  if (window.closes_at_ms == 0 || window.closes_at_ms > window.opens_at_ms) return;
  throw Failure(Exit::usage,
                fmt::format("campaign {} would end at {}, before it begins at {}", name,
                            moment(window.closes_at_ms), moment(window.opens_at_ms)),
                "Name both --opens-at and --closes-at");
}

// Those that were asked for, the others as they are.
core::Window with_bounds(const core::Window& window, std::optional<std::int64_t> opens_at_ms,
                         std::optional<std::int64_t> closes_at_ms) {
  return {opens_at_ms.value_or(window.opens_at_ms), closes_at_ms.value_or(window.closes_at_ms)};
}

void begin_in_redis(const Stores& stores, const Campaign& campaign, const Terms& terms) {
  const CampaignKeys keys(campaign.name);
  const std::array<std::string_view, 3> names{keys.meta, keys.users, keys.outbox};
  const std::array<std::string, 6> values{
      std::to_string(campaign.quota),
      std::to_string(campaign.window.opens_at_ms),
      std::to_string(campaign.window.closes_at_ms),
      std::to_string(campaign.epoch),
      or_end(stores.redis.info("server", "run_id")),
      std::to_string(terms.outbox_max.value_or(outbox_max_default))};
  const std::vector<std::string_view> arguments(values.begin(), values.end());
  const auto begun =
      or_end(redis::integer(stores.redis.eval(embedded::campaign_open_lua, names, arguments)));
  if (begun == 0) throw forgotten(campaign.name);  // users or outbox without a meta
}

// The row, with these terms, of an epoch that may begin in Redis: nobody was admitted in it, and up
// to epoch `named` there are messages that would take its coupons.
Campaign row_to_begin(const Stores& stores, const std::string& name,
                      const std::optional<Campaign>& row, std::int64_t named, const Terms& terms) {
  auto wanted = row.value_or(
      Campaign{.epoch = 0, .name = name, .state = ledger::State::fresh, .quota = quota_default});
  wanted.quota = terms.quota.value_or(wanted.quota);
  wanted.window = with_bounds(wanted.window, terms.opens_at_ms, terms.closes_at_ms);
  require_in_order(name, wanted.window);
  require_not_over(stores, name, wanted.window.closes_at_ms);
  if (wanted.epoch <= named) wanted.epoch = epoch_after(name, named);
  if (!row) return or_end(ledger::create_campaign(stores.database, wanted));
  if (wanted.epoch > row->epoch) return or_end(ledger::begin_epoch(stores.database, *row, wanted));
  if (wanted.quota != row->quota) or_end(ledger::set_quota(stores.database, *row, wanted.quota));
  if (wanted.window != row->window)
    or_end(ledger::set_window(stores.database, *row, wanted.window));
  return wanted;
}

// The meta, or why it cannot be read and what mends that.
std::optional<Meta> readable_meta(const Stores& stores, const std::string& name) {
  auto meta = read_meta(stores.redis, name);
  if (!meta && exit_of(meta.error()) == Exit::runtime) {
    known_campaign(stores, name);
    throw Failure(Exit::runtime, meta.error().text, run_recover(name));
  }
  return or_end(std::move(meta));
}

// Of a campaign that is to be changed as it stands.
Meta opened_meta(const Stores& stores, const Campaign& campaign) {
  auto meta = readable_meta(stores, campaign.name);
  if (!meta && campaign.state != ledger::State::fresh) throw forgotten(campaign.name);
  if (!meta)
    throw Failure(Exit::usage, fmt::format("campaign {} has not been opened yet", campaign.name),
                  fmt::format("Run \"couponctl campaign open {} --quota {}\", with --opens-at and "
                              "--closes-at where its window is to be another",
                              campaign.name, campaign.quota));
  require_settled(stores, campaign, *meta);
  return *std::move(meta);
}

std::optional<std::int64_t> whole(const std::map<std::string, std::string>& fields,
                                  const std::string& name) {
  const auto field = fields.find(name);
  if (field == fields.end()) return std::nullopt;
  const auto max = name == "epoch" ? ledger::epoch_max : (std::int64_t{1} << 53) - 1;
  const auto value = core::parse_integer(field->second, 0, max);
  return value ? std::optional(*value) : std::nullopt;
}

}  // namespace

Result<std::optional<Meta>> read_meta(redis::Client& redis, const std::string& campaign) {
  const auto key = CampaignKeys(campaign).meta;
  const auto reply = redis.command({"HGETALL", key});
  if (!reply) return reply.error();
  const auto pairs = reply->value().pairs();
  if (!pairs) return pairs.error();
  std::map<std::string, std::string> fields(pairs->begin(), pairs->end());
  if (fields.empty()) return std::optional<Meta>();
  for (const auto* name : {"quota", "opens_at", "closes_at", "epoch", "outbox_max"})
    if (!whole(fields, name))
      return Error{
          Fault::refused,
          {},
          fmt::format("redis: {} is CORRUPT: {} is {}", key, name, core::quote(fields[name]))};
  return std::optional(Meta{.state = fields["state"],
                            .state_before = fields["state_before"],
                            .quota = *whole(fields, "quota"),
                            .window = {*whole(fields, "opens_at"), *whole(fields, "closes_at")},
                            .epoch = *whole(fields, "epoch"),
                            .run_id = fields["run_id"],
                            .outbox_max = *whole(fields, "outbox_max")});
}

Opening open(const Stores& stores, const std::string& name, const Terms& terms,
             const std::function<std::int64_t()>& epoch_named) {
  const ledger::AdminLock lock(stores.database, name);
  const auto meta = readable_meta(stores, name);
  const auto row = or_end(ledger::find_campaign(stores.database, name));
  if (is_behind(row, meta)) throw database_is_behind(stores.redis, name, *meta, row);
  if (!meta && row && row->state != ledger::State::fresh) throw forgotten(name);
  const auto named = meta ? 0 : epoch_named();
  auto campaign = meta ? *row : row_to_begin(stores, name, row, named, terms);
  kill_point("open.created");
  if (meta) {
    require_settled(stores, campaign, *meta);
    require_not_fenced(stores, name, *meta);
    require_same_quota(campaign, *meta);
    require_same_window(campaign, *meta);
    require_same_terms(campaign, *meta, terms);
  } else {
    begin_in_redis(stores, campaign, terms);
    kill_point("open.begun");
  }
  const bool was_open = meta && meta->state == "open" && campaign.state == ledger::State::open;
  if (!was_open) {
    or_end(ledger::set_state(stores.database, campaign, ledger::State::open));
    kill_point("open.marked");
    change(stores, campaign, {{"state", "open"}});
  }
  campaign.state = ledger::State::open;
  return {was_open ? Opened::was_open
          : meta   ? Opened::reopened
                   : Opened::new_epoch,
          campaign, named};
}

std::int64_t epoch_after(const std::string& name, std::int64_t epoch) {
  if (epoch < ledger::epoch_max) return epoch + 1;
  throw Failure(Exit::runtime,
                fmt::format("campaign {} has no epoch left: {} is named already, by a message on "
                            "the topic or a failed event, and is the last",
                            name, epoch),
                "Open a campaign of another name");
}

bool close(const Stores& stores, const std::string& name) {
  const ledger::AdminLock lock(stores.database, name);
  const auto campaign = known_campaign(stores, name);
  const auto meta = readable_meta(stores, name);
  if (!meta) {
    if (campaign.state != ledger::State::fresh) throw forgotten(name);
    return false;
  }
  require_settled(stores, campaign, *meta);
  if (meta->state == "closed" && campaign.state == ledger::State::closed) return false;
  change(stores, campaign, {{"state", "closed"}});
  kill_point("close.closed");
  or_end(ledger::set_state(stores.database, campaign, ledger::State::closed));
  return true;
}

std::int64_t set_quota(const Stores& stores, const std::string& name, std::int64_t quota) {
  const ledger::AdminLock lock(stores.database, name);
  const auto campaign = known_campaign(stores, name);
  const auto meta = opened_meta(stores, campaign);
  const bool raises = quota > campaign.quota;
  if (!raises) change_quota(stores, campaign, quota);
  kill_point("quota.lowered");
  const auto stored = ledger::set_quota(stores.database, campaign, quota);
  if (!stored && stored.error().fault == Fault::invalid) {
    // Rows of a foreign producer, who asks no admission: Redis goes back to where it was.
    if (!raises) change_quota(stores, campaign, meta.quota);
    throw Failure(Exit::runtime, fmt::format("the quota of campaign {} cannot be below issued: {}",
                                             name, stored.error().text));
  }
  or_end(stored);
  kill_point("quota.stored");
  if (raises) change_quota(stores, campaign, quota);
  return meta.quota;
}

core::Window set_window(const Stores& stores, const std::string& name,
                        std::optional<std::int64_t> opens_at_ms,
                        std::optional<std::int64_t> closes_at_ms) {
  const ledger::AdminLock lock(stores.database, name);
  const auto campaign = known_campaign(stores, name);
  const auto meta = opened_meta(stores, campaign);
  const auto window = with_bounds(campaign.window, opens_at_ms, closes_at_ms);
  require_in_order(name, window);
  // What the database has already is only to be finished.
  if (window.closes_at_ms != campaign.window.closes_at_ms)
    require_not_over(stores, name, window.closes_at_ms);
  or_end(ledger::set_window(stores.database, campaign, window));
  kill_point("window.stored");
  change(stores, campaign,
         {{"opens_at", std::to_string(window.opens_at_ms)},
          {"closes_at", std::to_string(window.closes_at_ms)}});
  return meta.window;
}

Campaign known_campaign(const Stores& stores, const std::string& name) {
  if (auto row = or_end(ledger::find_campaign(stores.database, name))) return *std::move(row);
  const auto meta = read_meta(stores.redis, name);
  if (!meta && exit_of(meta.error()) == Exit::runtime) throw nothing_readable(name, meta.error());
  if (const auto& known = or_end(meta))
    throw database_is_behind(stores.redis, name, *known, std::nullopt);
  throw no_such_campaign(name);
}

std::vector<Hazard> hazards(redis::Client& redis) {
  struct Demand {
    std::string_view section;
    std::string_view field;
    std::string_view wanted;
    std::string_view hazard;
    bool passes = false;
  };
  constexpr Demand demands[] = {
      {"persistence", "aof_enabled", "1",
       "appendonly is off, so a restart loses admissions: CONFIG SET appendonly yes"},
      {"persistence", "aof_last_write_status", "ok",
       "the last write of the append-only file failed: see Redis's log, free its disk", true},
      {"memory", "maxmemory_policy", "noeviction",
       "it may evict who was admitted: CONFIG SET maxmemory-policy noeviction"},
      {"replication", "role", "master", "it is a replica: name the master in --redis"}};
  std::vector<Hazard> found;
  for (const auto& demand : demands)
    if (or_end(redis.info(demand.section, demand.field)) != demand.wanted)
      found.push_back({std::string(demand.hazard), demand.passes});
  return found;
}

}  // namespace couponctl::admin
