#include "ledger/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <vector>

#include "ledger/sql.h"
#include "mysql/transaction.h"

namespace couponctl::ledger {
namespace {

using core::Result;

std::string of_topic(const Topic& topic) {
  return fmt::format("cluster = {} AND topic = {}", sql::text(topic.cluster),
                     sql::text(topic.name));
}

}  // namespace

Result<std::map<std::int32_t, std::int64_t>> read_progress(mysql::Connection& connection,
                                                           const Topic& topic) {
  const auto rows =
      connection.query("SELECT part, next_off FROM kafka_progress WHERE " + of_topic(topic));
  if (!rows) return rows.error();
  std::map<std::int32_t, std::int64_t> progress;
  for (const auto& row : *rows)
    progress[static_cast<std::int32_t>(sql::integer(row[0]))] = sql::integer(row[1]);
  return progress;
}

Result<void> begin_progress(mysql::Connection& connection, const Topic& topic,
                            std::int32_t partition, std::int64_t offset) {
  // On a clash the row that is there stays as it is.
  return sql::execute(
      connection, fmt::format("INSERT INTO kafka_progress (cluster, topic, part, next_off) "
                              "VALUES ({}, {}, {}, {}) ON DUPLICATE KEY UPDATE part = part",
                              sql::text(topic.cluster), sql::text(topic.name), partition, offset));
}

Result<bool> advance(mysql::Connection& connection, const Topic& topic,
                     std::span<const Range> ranges) {
  // One order for all, or two batches could lock each other out.
  std::vector<Range> ascending(ranges.begin(), ranges.end());
  std::ranges::sort(ascending, {}, &Range::partition);
  for (const auto& range : ascending) {
    assert(range.begin <= range.end);
    if (range.begin == range.end) continue;  // an UPDATE that changes nothing matches nothing
    const auto moved = connection.execute(
        fmt::format("UPDATE kafka_progress SET next_off = {} WHERE {} AND part = {} AND "
                    "next_off = {}",
                    range.end, of_topic(topic), range.partition, range.begin));
    if (!moved) return moved.error();
    if (*moved != 1) return false;
  }
  return true;
}

Result<void> set_back(mysql::Connection& connection, const Topic& topic, std::int32_t partition,
                      std::int64_t offset, std::int64_t end) {
  auto transaction = mysql::Transaction::begin(connection);
  if (!transaction) return transaction.error();
  auto renamed = sql::execute(
      connection, fmt::format("UPDATE failed_event SET topic = CONCAT(LEFT(topic, 200), '#', id) "
                              "WHERE {} AND part = {} AND off >= {}",
                              of_topic(topic), partition, end));
  if (!renamed) return renamed;
  auto moved = sql::execute(
      connection, fmt::format("UPDATE kafka_progress SET next_off = {} WHERE {} AND part = {}",
                              offset, of_topic(topic), partition));
  if (!moved) return moved;
  return transaction->commit();
}

}  // namespace couponctl::ledger
