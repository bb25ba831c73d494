#include "issuance/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "issuance/admission.h"
#include "kafka/admin.h"
#include "ledger/ledger.h"

namespace couponctl::issuance {

using core::Error;
using core::Fault;
using core::Result;

namespace {
constexpr std::chrono::seconds broker_timeout{3};
}

Result<Standing> standing(redis::Client& redis, const std::string& campaign) {
  const CampaignKeys keys(campaign);
  auto meta = read_meta(redis, campaign);
  if (!meta) return meta.error();
  const auto run_id = redis.info("server", "run_id");
  if (!run_id) return run_id.error();
  const auto admitted = redis::integer(redis.command({"HLEN", keys.users}));
  if (!admitted) return admitted.error();
  const auto outbox = redis::integer(redis.command({"XLEN", keys.outbox}));
  if (!outbox) return outbox.error();
  const bool fenced = *meta && (*meta)->run_id != *run_id;
  return Standing{*std::move(meta), fenced, *admitted, *outbox};
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
  return standing.meta->state == "open" ? "open" : "closed";
}

Result<std::int64_t> lag(const Topic& topic, mysql::Connection ledger_connection) {
  const auto cluster = kafka::cluster_id(topic.brokers, broker_timeout);
  if (!cluster) return cluster.error();
  const auto marks = kafka::Admin(topic.brokers).watermarks(topic.name);
  if (!marks) return marks.error();
  const auto progress =
      ledger::Ledger(std::move(ledger_connection), *cluster, topic.name).progress();
  if (!progress) return progress.error();
  std::int64_t lag = 0;
  for (const auto& [partition, mark] : *marks) {
    const auto next = progress->find(partition);
    const auto from = next == progress->end() ? mark.low : next->second;
    if (from > mark.high)
      return Error{Fault::refused, 0,
                   fmt::format("kafka topic '{}' partition {} ends at {}, before the recorded "
                               "progress {}: it is not the topic that was read",
                               topic.name, partition, mark.high, from)};
    lag += mark.high - std::max(from, mark.low);
  }
  return lag;
}

}  // namespace couponctl::issuance
