#include "ledger/ledger.h"

#include <fmt/format.h>

#include <utility>

#include "core/fault_points.h"
#include "ledger/failed_rows.h"
#include "ledger/issue.h"
#include "ledger/progress.h"
#include "ledger/repeat.h"
#include "mysql/transaction.h"

namespace couponctl::ledger {
namespace {

using core::Error;
using core::Fault;
using core::kill_point;
using core::Result;

void tally(const Message& message, const Outcome& outcome, Written& written) {
  switch (outcome.kind) {
    case Outcome::Kind::issued:
      ++written.issued;
      return;
    case Outcome::Kind::duplicate:
      ++written.duplicate;
      return;
    case Outcome::Kind::failed:
      ++written.failed[outcome.failure];
      if (outcome.failure == FailureClass::unknown_campaign)
        written.unknown.insert(message.campaign);
      return;
  }
}

Result<Written> conflicts(mysql::Connection& connection, const Topic& topic, const Batch& batch) {
  const auto progress = read_progress(connection, topic);
  if (!progress) return progress.error();
  Written written;
  for (const auto& range : batch.ranges) {
    const auto recorded = progress->find(range.partition);
    // Somebody deleted it. Begun again here it would hide whatever else is gone from the database;
    // only a person knows where the topic is to be read from.
    if (recorded == progress->end())
      return Error{Fault::invalid,
                   {},
                   fmt::format("mysql: the progress of kafka cluster {}, topic '{}', partition {}, "
                               "which stood at offset {}, is gone from kafka_progress",
                               topic.cluster, topic.name, range.partition, range.begin)};
    if (recorded->second != range.begin) written.conflicts.insert(*recorded);
  }
  if (written.conflicts.empty())
    return Error{Fault::refused, {}, "mysql: the progress of topic " + topic.name + " moved back"};
  return written;
}

}  // namespace

Ledger::Ledger(mysql::Connection connection, std::string cluster, std::string topic)
    : connection_(std::move(connection)), cluster_(std::move(cluster)), topic_(std::move(topic)) {}

Result<std::map<std::int32_t, std::int64_t>> Ledger::progress() {
  return read_progress(connection_, {cluster_, topic_});
}

Result<void> Ledger::begin_partition(std::int32_t partition, std::int64_t offset) {
  return begin_progress(connection_, {cluster_, topic_}, partition, offset);
}

Result<Written> Ledger::write(const Batch& batch) {
  const auto written = repeat([&] {
    auto once = write_once(batch);
    // What was seen within a transaction that is rolled back may never have been.
    if (!once) remembered_ = {};
    return once;
  });
  if (!written) return written.error();
  if (!*written) return conflicts(connection_, {cluster_, topic_}, batch);
  return **written;
}

Result<std::optional<Written>> Ledger::write_once(const Batch& batch) {
  const Topic topic{cluster_, topic_};
  auto transaction = mysql::Transaction::begin(connection_);
  if (!transaction) return transaction.error();
  const auto advanced = advance(connection_, topic, batch.ranges);
  if (!advanced) return advanced.error();
  if (!*advanced) return std::optional<Written>();
  kill_point("ledger.advanced");
  const auto outcomes = issue(connection_, remembered_, batch.messages);
  if (!outcomes) return outcomes.error();
  kill_point("ledger.issued");
  const auto kept = insert_failed(connection_, topic, batch.messages, *outcomes);
  if (!kept) return kept.error();
  kill_point("ledger.recorded");
  const auto committed = transaction->commit();
  kill_point("ledger.committed");
  if (!committed) return committed.error();
  Written written;
  for (std::size_t i = 0; i < outcomes->size(); ++i)
    tally(batch.messages[i], (*outcomes)[i], written);
  return std::optional(written);
}

}  // namespace couponctl::ledger
