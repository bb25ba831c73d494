#include "ledger/holders.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "ledger/sql.h"

namespace couponctl::ledger {
namespace {

// From 1,000 values on MariaDB turns an IN list into a join with another plan.
constexpr std::size_t list_users_max = 900;

}  // namespace

core::Result<std::unordered_set<std::int64_t>> holders(mysql::Connection& connection,
                                                       std::int64_t campaign_id, std::int64_t epoch,
                                                       std::span<const std::int64_t> users) {
  std::unordered_set<std::int64_t> found;
  while (!users.empty()) {
    const auto list = users.first(std::min(users.size(), list_users_max));
    const auto rows = connection.query(
        fmt::format("SELECT user_id FROM coupon FORCE INDEX (uk_user) WHERE campaign_id = {} AND "
                    "epoch = {} AND user_id IN ({})",
                    campaign_id, epoch, fmt::join(list, ",")));
    if (!rows) return rows.error();
    for (const auto& row : *rows) found.insert(sql::integer(row.front()));
    users = users.subspan(list.size());
  }
  return found;
}

}  // namespace couponctl::ledger
