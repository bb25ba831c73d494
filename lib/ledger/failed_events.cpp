#include "ledger/failed_events.h"

#include <fmt/format.h>

#include "ledger/failed_rows.h"
#include "ledger/sql.h"

namespace couponctl::ledger {
namespace {

using core::Error;
using core::Fault;
using core::Result;

std::string where(const FailedFilter& filter) {
  std::string condition = "WHERE status = 'new'";
  if (filter.failure) condition += fmt::format(" AND class = '{}'", name(*filter.failure));
  if (!filter.campaign.empty()) condition += " AND campaign = " + sql::bytes(filter.campaign);
  if (filter.user) condition += fmt::format(" AND user_id = {}", core::number(*filter.user));
  return condition;
}

}  // namespace

Result<std::map<FailureClass, std::int64_t>> histogram(mysql::Connection& connection,
                                                       const FailedFilter& filter) {
  const auto rows = connection.query(
      fmt::format("SELECT class, COUNT(*) FROM (SELECT class FROM failed_event {} ORDER BY id "
                  "LIMIT {}) AS taken GROUP BY class",
                  where(filter), filter.limit));
  if (!rows) return rows.error();
  std::map<FailureClass, std::int64_t> histogram;
  for (const auto& row : *rows) {
    const auto failure = failure_class(row[0].value());
    if (!failure)
      return Error{Fault::refused, {}, "mysql: a failed event's class is \"" + *row[0] + "\""};
    histogram[*failure] = sql::integer(row[1]);
  }
  return histogram;
}

Result<std::vector<std::int64_t>> replayable(mysql::Connection& connection,
                                             const FailedFilter& filter) {
  const auto rows = connection.query(fmt::format(
      "SELECT id FROM failed_event {} ORDER BY id LIMIT {}", where(filter), filter.limit));
  if (!rows) return rows.error();
  std::vector<std::int64_t> ids;
  for (const auto& row : *rows) ids.push_back(sql::integer(row.front()));
  return ids;
}

Result<std::int64_t> largest_epoch(mysql::Connection& connection, const std::string& campaign) {
  return connection.query_integer("SELECT COALESCE(MAX(epoch), 0) FROM failed_event " +
                                  where({.failure = {}, .campaign = campaign, .user = {}}));
}

}  // namespace couponctl::ledger
