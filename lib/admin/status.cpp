#include "admin/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "admin/backlog.h"
#include "issuance/admission.h"

namespace couponctl::admin {

using core::Error;
using core::Fault;
using core::Result;

namespace {
constexpr std::chrono::seconds broker_timeout{3};
}

Result<Standing> standing(redis::Client& redis, const std::string& campaign) {
  const issuance::CampaignKeys keys(campaign);
  auto meta = read_meta(redis, campaign);
  if (!meta) return meta.error();
  const auto run_id = redis.info("server", "run_id");
  if (!run_id) return run_id.error();
  const auto admitted = redis::integer(redis.command({"HLEN", keys.users}));
  if (!admitted) return admitted.error();
  const auto outbox = redis::integer(redis.command({"XLEN", keys.outbox}));
  if (!outbox) return outbox.error();
  const auto now_ms = redis.time_ms();
  if (!now_ms) return now_ms.error();
  const bool fenced = *meta && (*meta)->run_id != *run_id;
  return Standing{*std::move(meta), fenced, *admitted, *outbox, *now_ms};
}

std::string_view state(const ledger::Campaign& campaign, const Standing& standing) {
  if (!standing.meta) {
    const bool fresh =
        campaign.state == ledger::State::fresh && standing.admitted == 0 && standing.outbox == 0;
    return fresh ? "fresh" : "forgotten";
  }
  for (const auto* unfinished : {"resetting", "recovering"})
    if (standing.meta->state == unfinished) return unfinished;
  if (standing.meta->epoch != campaign.epoch) return "epoch-differs";
  if (standing.fenced) return "fenced";
  if (standing.meta->state != "open") return "closed";
  const auto& [opens_at_ms, closes_at_ms] = standing.meta->window;
  if (closes_at_ms > 0 && standing.now_ms >= closes_at_ms) return "ended";
  return standing.now_ms < opens_at_ms ? "scheduled" : "open";
}

Result<std::int64_t> lag(mysql::Connection& database, const issuance::Topic& topic) {
  const auto positions = issuance::find_positions(database, topic);
  if (!positions) return positions.error();
  std::int64_t lag = 0;
  for (const auto& [partition, position] : positions->partitions) {
    if (position.is_cut()) return Error{Fault::refused, {}, cut_text(topic, partition, position)};
    lag += position.ends.high - position.next();
  }
  return lag;
}

}  // namespace couponctl::admin
