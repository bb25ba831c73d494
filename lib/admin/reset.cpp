#include "admin/reset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "admin/history.h"
#include "core/fault_points.h"
#include "issuance/admission.h"
#include "servers/exit.h"

namespace couponctl::admin {
namespace {

using core::Exit;
using core::Failure;
using core::Result;
using issuance::CampaignKeys;
using servers::exit_of;
using servers::or_end;

std::vector<std::string> keys_of(const std::string& name) {
  const CampaignKeys keys(name);
  std::vector<std::string> names{keys.meta, keys.users, keys.outbox, keys.quarantine};
  // The sources' programs know one campaign, and these are its counters.
  if (name == "default") names.insert(names.end(), {"coupon_count", "couponCount", "applied_user"});
  return names;
}

std::string plural(std::int64_t count, std::string_view what) {
  return fmt::format("{} message{} {} on the topic", count, count == 1 ? "" : "s", what);
}

void add_messages(const ResetView& view, std::vector<std::string>& obstacles) {
  if (!view.remainder) return obstacles.push_back(view.remainder.error().text);
  const auto& [messages, epoch, cut] = *view.remainder;
  if (!cut.empty()) obstacles.push_back(cut);
  if (const auto own = messages.find(view.campaign.name); own != messages.end())
    obstacles.push_back(plural(own->second, "of it"));
  if (const auto foreign = messages.find(""); foreign != messages.end())
    obstacles.push_back(plural(foreign->second, "without headers"));
}

std::vector<std::string> obstacles_of(const ResetView& view) {
  std::vector<std::string> found;
  if (!view.is_in_database()) found.push_back(database_knows(std::nullopt));
  if (!view.standing) {
    found.push_back(view.standing.error().text);
  } else {
    const auto& meta = view.standing->meta;
    if (view.is_in_database() && is_behind(view.campaign, meta))
      found.push_back(database_knows(view.campaign));
    const bool open = meta ? meta->state != "closed" && meta->state != "resetting"
                           : view.campaign.state == ledger::State::open;
    if (open)
      found.push_back(fmt::format("the campaign is {}", state(view.campaign, *view.standing)));
    if (const auto outbox = view.standing->outbox; outbox > 0)
      found.push_back(fmt::format("outbox {}", outbox));
  }
  add_messages(view, found);
  return found;
}

// What the database knows of it, or else Redis.
ledger::Campaign find_campaign(const Stores& stores, const std::string& name,
                               const Result<Standing>& standing) {
  if (auto row = or_end(ledger::find_campaign(stores.database, name))) return *std::move(row);
  const bool is_nowhere = standing && !standing->meta && standing->admitted + standing->outbox == 0;
  if (is_nowhere) throw no_such_campaign(name);
  ledger::Campaign campaign{.epoch = 0, .name = name, .quota = quota_default};
  if (standing && standing->meta) {
    const auto& meta = *standing->meta;
    campaign.epoch = meta.epoch;
    campaign.state = meta.state == "open" ? ledger::State::open : ledger::State::closed;
    campaign.quota = meta.quota;
    campaign.window = meta.window;
  }
  return campaign;
}

// A reset that was killed after it had begun the epoch is not to begin another one.
bool epoch_has_begun(const ResetView& view) {
  const auto& standing = view.standing;
  return standing && standing->meta && standing->meta->state == "resetting" &&
         standing->meta->epoch < view.campaign.epoch;
}

// The epoch that begins is above all that Redis or the topic know: one of them must tell.
void require_known_epochs(const ResetView& view) {
  if (view.standing && view.standing->meta) return;
  if (view.remainder || is_unknown_topic(view.remainder.error())) return;
  const auto& silent = view.remainder.error();
  throw Failure(
      exit_of(silent) == Exit::unreachable ? Exit::unreachable : Exit::runtime,
      fmt::format("campaign {} cannot be reset, not by force either: which of its epochs are taken "
                  "neither Redis nor the topic tells: {}, {}",
                  view.campaign.name,
                  view.standing ? "redis: there is no meta" : view.standing.error().text,
                  servers::wording(silent)),
      is_of_database(silent) ? "Try again when it answers"
                             : "Set --kafka / COUPONCTL_KAFKA to brokers that answer");
}

// Nothing that was sent, admitted or failed so far is of the next epoch.
ledger::Campaign begin_next(const Stores& stores, const ResetView& view) {
  auto next = view.campaign;
  next.state = ledger::State::fresh;
  if (view.standing && view.standing->meta)
    next.epoch = std::max(next.epoch, view.standing->meta->epoch);
  if (view.remainder) next.epoch = std::max(next.epoch, view.remainder->epoch);
  next.epoch = epoch_after(next.name, next.epoch);
  return or_end(view.is_in_database() ? ledger::begin_epoch(stores.database, view.campaign, next)
                                      : ledger::create_campaign(stores.database, next));
}

// From here on nobody is admitted. A key of the wrong type admits nobody either.
void mark_resetting(const Stores& stores, const std::string& meta) {
  const auto marked = stores.redis.command({"HSET", meta, "state", "resetting"});
  if (!marked && !redis::is(marked.error(), redis::wrong_type))
    or_end(Result<void>(marked.error()));
}

void unlink(redis::Client& redis, const std::string& name) {
  const CampaignKeys keys(name);
  // One command: there is no moment at which the meta is there and the users are not.
  or_end(redis::integer(
      redis.command({"UNLINK", keys.meta, keys.users, keys.outbox, keys.quarantine})));
  for (const auto& key : keys_of(name))
    if (!key.starts_with("coupon:")) or_end(redis::integer(redis.command({"UNLINK", key})));
}

}  // namespace

bool ResetView::is_done() const {
  return obstacles.empty() && campaign.state == ledger::State::fresh &&
         std::ranges::none_of(keys, &Key::is_there);
}

ResetView inspect_reset(const Stores& stores, const std::string& name,
                        Result<Remainder> remainder) {
  auto standing = admin::standing(stores.redis, name);
  const auto campaign = find_campaign(stores, name, standing);
  ResetView view{.campaign = campaign,
                 .counts = or_end(ledger::count(stores.database, campaign)),
                 .standing = std::move(standing),
                 .remainder = std::move(remainder),
                 .keys = {},
                 .obstacles = {}};
  for (const auto& key : keys_of(name))
    view.keys.push_back({key, or_end(redis::integer(stores.redis.command({"EXISTS", key}))) > 0});
  view.obstacles = obstacles_of(view);
  return view;
}

void require_resettable(const ResetView& view) {
  if (view.obstacles.empty()) return;
  const auto unreachable = [](const auto& result) {
    return !result && exit_of(result.error()) == Exit::unreachable;
  };
  const auto& name = view.campaign.name;
  const bool behind =
      !view.is_in_database() || (view.standing && is_behind(view.campaign, view.standing->meta));
  throw Failure(
      unreachable(view.standing) || unreachable(view.remainder) ? Exit::unreachable : Exit::runtime,
      fmt::format("campaign {} cannot be reset yet: {}", name, fmt::join(view.obstacles, ", ")),
      behind
          ? fmt::format("Set --mysql / COUPONCTL_MYSQL to the database that it was opened on, or, "
                        "if that one is lost, run \"couponctl reset-redis --campaign {0} --force "
                        "--confirm {0}\"",
                        name)
          : fmt::format("Run \"couponctl campaign close {0}\" and \"couponctl consume "
                        "--until-drained\" first, or give up what is under way with --force "
                        "--confirm {0}",
                        name));
}

ledger::Campaign reset(const Stores& stores, const std::string& name, Result<Remainder> remainder,
                       bool force) {
  const ledger::AdminLock lock(stores.database, name);
  const auto view = inspect_reset(stores, name, std::move(remainder));
  if (!force) require_resettable(view);
  if (view.is_done()) return view.campaign;
  require_known_epochs(view);
  if (view.keys.front().is_there) mark_resetting(stores, view.keys.front().name);
  core::kill_point("reset.marked");
  auto next = epoch_has_begun(view) ? view.campaign : begin_next(stores, view);
  core::kill_point("reset.begun");
  unlink(stores.redis, name);
  core::kill_point("reset.unlinked");
  return next;
}

}  // namespace couponctl::admin
