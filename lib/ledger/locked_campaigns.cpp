#include "ledger/locked_campaigns.h"

#include <fmt/format.h>

#include <optional>

#include "ledger/sql.h"

namespace couponctl::ledger {
namespace {

using core::Result;

Result<void> learn_ids(mysql::Connection& connection, Remembered& remembered,
                       const std::set<std::string>& names) {
  std::string list;
  for (const auto& name : names)
    if (!remembered.campaign_ids.contains(name))
      list += (list.empty() ? "" : ", ") + sql::text(name);
  if (list.empty()) return {};
  const auto rows = connection.query(
      fmt::format("SELECT DISTINCT name, id FROM campaign WHERE name IN ({})", list));
  if (!rows) return rows.error();
  for (const auto& row : *rows) remembered.campaign_ids[row[0].value()] = sql::integer(row[1]);
  return {};
}

// nullopt: there is no such campaign any more.
Result<std::optional<LockedCampaign>> lock_current(mysql::Connection& connection, std::int64_t id) {
  for (;;) {
    // FORCE INDEX: through the key that the foreign key locks, an UPDATE of campaign and the
    // INSERT of a coupon would wait for each other.
    const auto rows = connection.query(
        fmt::format("SELECT epoch, quota FROM campaign FORCE INDEX (PRIMARY) WHERE id = {} "
                    "ORDER BY epoch DESC LIMIT 1 FOR UPDATE",
                    id));
    if (!rows) return rows.error();
    if (rows->empty()) return std::optional<LockedCampaign>();
    LockedCampaign campaign{id, sql::integer(rows->front()[0]), sql::integer(rows->front()[1])};
    // A statement of its own: whoever had to wait for the lock sees here what was committed
    // meanwhile, be it a higher slot or a new epoch.
    const auto seen = connection.query(fmt::format(
        "SELECT (SELECT MAX(epoch) FROM campaign WHERE id = {0}), (SELECT COALESCE(MAX(slot), 0) "
        "FROM coupon WHERE campaign_id = {0} AND epoch = {1} AND cap = {2})",
        id, campaign.epoch, campaign.quota));
    if (!seen) return seen.error();
    campaign.largest_slot = sql::integer(seen->front()[1]);
    if (sql::integer(seen->front()[0]) == campaign.epoch) return std::optional(campaign);
  }
}

}  // namespace

Result<std::map<std::string, LockedCampaign>> lock_campaigns(mysql::Connection& connection,
                                                             Remembered& remembered,
                                                             const std::set<std::string>& names) {
  const auto learnt = learn_ids(connection, remembered, names);
  if (!learnt) return learnt.error();
  std::map<std::int64_t, std::string> by_id;
  for (const auto& name : names) {
    const auto known = remembered.campaign_ids.find(name);
    if (known != remembered.campaign_ids.end()) by_id.emplace(known->second, name);
  }
  std::map<std::string, LockedCampaign> locked;
  for (const auto& [id, name] : by_id) {
    const auto campaign = lock_current(connection, id);
    if (!campaign) return campaign.error();
    if (*campaign)
      locked.emplace(name, **campaign);
    else
      remembered.campaign_ids.erase(name);
  }
  return locked;
}

}  // namespace couponctl::ledger
