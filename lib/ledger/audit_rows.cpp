#include "ledger/audit_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ledger/sql.h"

namespace couponctl::ledger {
namespace {

using core::Result;

// From 1,000 values on MariaDB turns an IN list into a join with another plan.
constexpr std::size_t list_users_max = 900;

// One value of type T for each row.
template <class Read>
auto each_row(mysql::Connection& connection, const std::string& statement, const Read& read)
    -> Result<std::vector<decltype(read(mysql::Row()))>> {
  const auto rows = connection.query(statement);
  if (!rows) return rows.error();
  std::vector<decltype(read(mysql::Row()))> values;
  values.reserve(rows->size());
  for (const auto& row : *rows) values.push_back(read(row));
  return values;
}

}  // namespace

Result<std::vector<EpochCount>> count_by_epoch(mysql::Connection& connection,
                                               std::int64_t campaign_id) {
  // One statement sees one moment: the quota is that of the rows.
  return each_row(
      connection,
      fmt::format("SELECT rows_of.epoch, c.quota, coupons, slots, users, low, high FROM "
                  "(SELECT epoch, COUNT(*) AS coupons, COUNT(DISTINCT slot) AS slots, "
                  "COUNT(DISTINCT user_id) AS users, MIN(slot) AS low, MAX(slot) AS high "
                  "FROM coupon WHERE campaign_id = {0} GROUP BY epoch) AS rows_of "
                  "LEFT JOIN campaign AS c ON c.id = {0} AND c.epoch = rows_of.epoch "
                  "ORDER BY rows_of.epoch",
                  campaign_id),
      [](const mysql::Row& row) {
        return EpochCount{sql::integer(row[0]), sql::optional_integer(row[1]), sql::integer(row[2]),
                          sql::integer(row[3]), sql::integer(row[4]),          sql::integer(row[5]),
                          sql::integer(row[6])};
      });
}

Result<std::vector<Repeated>> repeated(mysql::Connection& connection, std::int64_t campaign_id,
                                       Column column, std::int64_t rows_max) {
  return each_row(
      connection,
      fmt::format("SELECT epoch, {0}, COUNT(*) FROM coupon WHERE campaign_id = {1} "
                  "GROUP BY epoch, {0} HAVING COUNT(*) > 1 ORDER BY epoch, {0} LIMIT {2}",
                  column == Column::slot ? "slot" : "user_id", campaign_id, rows_max),
      [](const mysql::Row& row) {
        return Repeated{sql::integer(row[0]), sql::integer(row[1]), sql::integer(row[2])};
      });
}

Result<std::int64_t> each_coupon(mysql::Connection& connection, std::int64_t campaign_id,
                                 std::int64_t epoch,
                                 const std::function<void(const CouponRow&)>& take) {
  return connection.stream(
      fmt::format("SELECT user_id, seq FROM coupon WHERE campaign_id = {} AND epoch = {}",
                  campaign_id, epoch),
      [&](const mysql::Row& row) {
        take({sql::integer(row[0]), sql::integer(row[1])});
      });
}

Result<std::unordered_set<std::int64_t>> coupons_of(mysql::Connection& connection,
                                                    std::int64_t campaign_id, std::int64_t epoch,
                                                    std::span<const std::int64_t> users) {
  std::unordered_set<std::int64_t> found;
  while (!users.empty()) {
    const auto list = users.first(std::min(users.size(), list_users_max));
    const auto rows = connection.query(
        fmt::format("SELECT user_id FROM coupon WHERE campaign_id = {} AND epoch = {} AND user_id "
                    "IN ({})",
                    campaign_id, epoch, fmt::join(list, ",")));
    if (!rows) return rows.error();
    for (const auto& row : *rows) found.insert(sql::integer(row.front()));
    users = users.subspan(list.size());
  }
  return found;
}

Result<std::vector<FailedRow>> failed_after(mysql::Connection& connection,
                                            const std::string& campaign, std::int64_t id,
                                            std::int64_t rows_max) {
  return each_row(connection,
                  fmt::format("SELECT id, status, epoch, user_id FROM failed_event WHERE campaign "
                              "= {} AND id > {} ORDER BY id LIMIT {}",
                              sql::bytes(campaign), id, rows_max),
                  [](const mysql::Row& row) {
                    return FailedRow{sql::integer(row[0]), row[1].value(),
                                     sql::optional_integer(row[2]), sql::optional_integer(row[3])};
                  });
}

Result<std::vector<Hopeless>> hopeless_new(mysql::Connection& connection, std::int64_t rows_max) {
  return each_row(connection,
                  fmt::format("SELECT id, class FROM failed_event WHERE status = 'new' AND class "
                              "IN ('POISON', 'STALE_EPOCH') ORDER BY id LIMIT {}",
                              rows_max),
                  [](const mysql::Row& row) {
                    return Hopeless{sql::integer(row[0]), row[1].value()};
                  });
}

}  // namespace couponctl::ledger
