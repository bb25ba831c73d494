#include "issuance/positions.h"

#include "ledger/progress.h"

namespace couponctl::issuance {
namespace {

constexpr std::chrono::seconds answer_max{10};

}  // namespace

// The progress first: a consumer that is faster than us does not look as if it were beyond the end.
core::Result<Positions> find_positions(mysql::Connection& database, const Topic& topic) {
  auto cluster = kafka::cluster_id(topic.brokers, answer_max);
  if (!cluster) return cluster.error();
  const auto progress = ledger::read_progress(database, {*cluster, topic.name});
  if (!progress) return progress.error();
  const auto ends = kafka::Admin(topic.brokers, answer_max).watermarks(topic.name);
  if (!ends) return ends.error();
  Positions positions{.cluster = *std::move(cluster), .partitions = {}};
  for (const auto& [partition, marks] : *ends) {
    const auto found = progress->find(partition);
    const auto recorded = found == progress->end() ? std::nullopt : std::optional(found->second);
    positions.partitions.emplace(partition, Position{recorded, marks});
  }
  return positions;
}

}  // namespace couponctl::issuance
