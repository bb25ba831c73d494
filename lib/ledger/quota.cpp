// How does the quota change while coupons point at it?
#include <fmt/format.h>

#include <vector>

#include "ledger/campaigns.h"
#include "ledger/sql.h"
#include "mysql/transaction.h"

namespace couponctl::ledger {
namespace {

using core::Error;
using core::Fault;
using core::Result;

// Rows that one statement moves to the new cap: well below a second, so that no read time-out cuts
// the transaction of a large campaign.
constexpr std::int64_t move_rows_max = 20'000;

// Lets campaign and coupon change one after the other; the CHECK on the slot still holds.
class WithoutForeignKeys {
 public:
  explicit WithoutForeignKeys(mysql::Connection& connection) : connection_(connection) {}
  // If this fails the connection is broken, and the session with it.
  ~WithoutForeignKeys() {
    static_cast<void>(connection_.execute("SET SESSION foreign_key_checks = 1"));
  }
  WithoutForeignKeys(const WithoutForeignKeys&) = delete;
  WithoutForeignKeys& operator=(const WithoutForeignKeys&) = delete;

  Result<void> begin() { return sql::execute(connection_, "SET SESSION foreign_key_checks = 0"); }

 private:
  mysql::Connection& connection_;
};

// Within a transaction: locks the campaign and returns its quota.
Result<std::int64_t> lock_quota(mysql::Connection& connection, const Campaign& campaign) {
  const auto rows = connection.query(
      fmt::format("SELECT quota FROM campaign FORCE INDEX (PRIMARY) WHERE id = {} AND epoch = {} "
                  "FOR UPDATE",
                  campaign.id, campaign.epoch));
  if (!rows) return rows.error();
  if (rows->empty())
    return Error{Fault::invalid,
                 {},
                 fmt::format("campaign {} has no epoch {}", campaign.name, campaign.epoch)};
  return sql::integer(rows->front().front());
}

Result<void> move_coupons(mysql::Connection& connection, const Campaign& campaign,
                          std::int64_t old_quota, std::int64_t quota) {
  for (;;) {
    const auto moved = connection.execute(
        fmt::format("UPDATE coupon SET cap = {} WHERE campaign_id = {} AND epoch = {} AND "
                    "cap = {} ORDER BY slot LIMIT {}",
                    quota, campaign.id, campaign.epoch, old_quota, move_rows_max));
    if (!moved) return moved.error();
    if (*moved < move_rows_max) return {};
  }
}

Result<void> change(mysql::Connection& connection, const Campaign& campaign, std::int64_t old_quota,
                    std::int64_t quota) {
  const auto largest = connection.query_integer(
      fmt::format("SELECT COALESCE(MAX(slot), 0) FROM coupon WHERE campaign_id = {} AND "
                  "epoch = {} AND cap = {}",
                  campaign.id, campaign.epoch, old_quota));
  if (!largest) return largest.error();
  if (quota < *largest)
    return Error{Fault::invalid,
                 {},
                 fmt::format("campaign {}: coupon {} has been issued, so the quota cannot be {}",
                             campaign.name, *largest, quota)};
  WithoutForeignKeys without_foreign_keys(connection);
  auto begun = without_foreign_keys.begin();
  if (!begun) return begun;
  auto updated =
      sql::execute(connection, fmt::format("UPDATE campaign FORCE INDEX (PRIMARY) SET quota = {} "
                                           "WHERE id = {} AND epoch = {}",
                                           quota, campaign.id, campaign.epoch));
  if (!updated) return updated;
  return move_coupons(connection, campaign, old_quota, quota);
}

}  // namespace

Result<void> set_quota(mysql::Connection& connection, const Campaign& campaign,
                       std::int64_t quota) {
  auto transaction = mysql::Transaction::begin(connection);
  if (!transaction) return transaction.error();
  const auto old_quota = lock_quota(connection, campaign);
  if (!old_quota) return old_quota.error();
  if (*old_quota != quota) {
    auto changed = change(connection, campaign, *old_quota, quota);
    if (!changed) return changed;
  }
  return transaction->commit();
}

}  // namespace couponctl::ledger
