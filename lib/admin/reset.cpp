#include "admin/reset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

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

std::vector<std::string> obstacles_of(const ResetView& view) {
  std::vector<std::string> found;
  if (!view.standing) {
    found.push_back(view.standing.error().text);
  } else {
    const auto& meta = view.standing->meta;
    const bool open = meta ? meta->state != "closed" && meta->state != "resetting"
                           : view.campaign.state == ledger::State::open;
    if (open)
      found.push_back(fmt::format("the campaign is {}", state(view.campaign, *view.standing)));
    if (const auto outbox = view.standing->outbox; outbox > 0)
      found.push_back(fmt::format("outbox {}", outbox));
  }
  if (!view.lag)
    found.push_back(view.lag.error().text);
  else if (*view.lag > 0)
    found.push_back(fmt::format("lag {}", *view.lag));
  return found;
}

// A reset that was killed after it had begun the epoch is not to begin another one.
bool epoch_has_begun(const ResetView& view) {
  const auto& standing = view.standing;
  return standing && standing->meta && standing->meta->state == "resetting" &&
         standing->meta->epoch < view.campaign.epoch;
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

ResetView inspect_reset(const Stores& stores, const std::string& name, Result<std::int64_t> lag) {
  const auto campaign = known_campaign(stores.database, name);
  ResetView view{.campaign = campaign,
                 .counts = or_end(ledger::count(stores.database, campaign)),
                 .standing = standing(stores.redis, name),
                 .lag = std::move(lag),
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
  throw Failure(
      unreachable(view.standing) || unreachable(view.lag) ? Exit::unreachable : Exit::runtime,
      fmt::format("campaign {} cannot be reset yet: {}", view.campaign.name,
                  fmt::join(view.obstacles, ", ")),
      fmt::format("Run \"couponctl campaign close {0}\" and \"couponctl consume --until-drained\" "
                  "first, or give up what is under way with --force --confirm {0}",
                  view.campaign.name));
}

ledger::Campaign reset(const Stores& stores, const std::string& name, Result<std::int64_t> lag,
                       bool force) {
  const ledger::AdminLock lock(stores.database, name);
  const auto view = inspect_reset(stores, name, std::move(lag));
  if (!force) require_resettable(view);
  if (view.is_done()) return view.campaign;
  if (view.keys.front().is_there) mark_resetting(stores, view.keys.front().name);
  core::kill_point("reset.marked");
  auto next = epoch_has_begun(view) ? view.campaign
                                    : or_end(ledger::begin_epoch(stores.database, view.campaign));
  core::kill_point("reset.begun");
  unlink(stores.redis, name);
  core::kill_point("reset.unlinked");
  return next;
}

}  // namespace couponctl::admin
