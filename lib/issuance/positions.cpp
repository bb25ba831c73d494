#include "issuance/positions.h"

#include <vector>

#include "kafka/group.h"
#include "ledger/progress.h"

namespace couponctl::issuance {
namespace {

constexpr std::chrono::seconds answer_max{10};

// Where nobody has written down how far they are, a consumer begins at the group's offset.
core::Result<void> add_committed(const Topic& topic, Positions& positions) {
  std::vector<std::int32_t> without;
  for (const auto& [partition, position] : positions.partitions)
    if (!position.progress) without.push_back(partition);
  if (topic.group.empty() || without.empty()) return {};
  const auto committed =
      kafka::committed_offsets(topic.brokers, topic.group, topic.name, without, answer_max);
  if (!committed) return committed.error();
  for (const auto& [partition, offset] : *committed)
    positions.partitions.at(partition).committed = offset;
  return {};
}

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
    positions.partitions.emplace(partition, Position{.progress = recorded, .ends = marks});
  }
  if (const auto added = add_committed(topic, positions); !added) return added.error();
  return positions;
}

}  // namespace couponctl::issuance
