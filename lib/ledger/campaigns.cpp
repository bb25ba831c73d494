#include "ledger/campaigns.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "ledger/sql.h"
#include "mysql/transaction.h"

namespace couponctl::ledger {
namespace {

using core::Error;
using core::Fault;
using core::Result;

constexpr std::string_view columns = "id, epoch, name, state, quota, opens_at, closes_at";

Result<State> state_of(const std::string& text) {
  for (const auto state : {State::fresh, State::open, State::closed})
    if (name(state) == text) return state;
  return Error{Fault::refused, {}, "mysql: a campaign's state is \"" + text + "\""};
}

Result<Campaign> campaign_of(const mysql::Row& row) {
  const auto state = state_of(row[3].value());
  if (!state) return state.error();
  return Campaign{.id = sql::integer(row[0]),
                  .epoch = sql::integer(row[1]),
                  .name = row[2].value(),
                  .state = *state,
                  .quota = sql::integer(row[4]),
                  .window = {sql::integer(row[5]), sql::integer(row[6])}};
}

std::string values(const Campaign& campaign) {
  return fmt::format("{}, {}, '{}', {}, {}, {}", campaign.epoch, sql::text(campaign.name),
                     name(campaign.state), campaign.quota, campaign.window.opens_at_ms,
                     campaign.window.closes_at_ms);
}

}  // namespace

std::string_view name(State state) {
  switch (state) {
    case State::fresh:
      return "fresh";
    case State::open:
      return "open";
    case State::closed:
      break;
  }
  return "closed";
}

Result<std::optional<Campaign>> find_campaign(mysql::Connection& connection,
                                              const std::string& name) {
  const auto rows = connection.query(
      fmt::format("SELECT {} FROM campaign WHERE name = {} ORDER BY epoch DESC LIMIT 1", columns,
                  sql::text(name)));
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<Campaign>();
  const auto campaign = campaign_of(rows->front());
  if (!campaign) return campaign.error();
  return std::optional(*campaign);
}

Result<std::vector<Campaign>> list_campaigns(mysql::Connection& connection) {
  const auto rows = connection.query(
      fmt::format("SELECT {} FROM campaign AS listed WHERE epoch = (SELECT MAX(epoch) FROM "
                  "campaign WHERE id = listed.id) ORDER BY name",
                  columns));
  if (!rows) return rows.error();
  std::vector<Campaign> campaigns;
  for (const auto& row : *rows) {
    auto campaign = campaign_of(row);
    if (!campaign) return campaign.error();
    campaigns.push_back(*std::move(campaign));
  }
  return campaigns;
}

Result<Campaign> create_campaign(mysql::Connection& connection, Campaign campaign) {
  const auto inserted = connection.execute(
      fmt::format("INSERT INTO campaign (epoch, name, state, quota, opens_at, closes_at) "
                  "VALUES ({})",
                  values(campaign)));
  if (!inserted) return inserted.error();
  const auto id = connection.query_integer("SELECT LAST_INSERT_ID()");
  if (!id) return id.error();
  campaign.id = *id;
  return campaign;
}

Result<void> set_state(mysql::Connection& connection, const Campaign& campaign, State state) {
  return sql::execute(connection,
                      fmt::format("UPDATE campaign FORCE INDEX (PRIMARY) SET state = '{}' "
                                  "WHERE id = {} AND epoch = {}",
                                  name(state), campaign.id, campaign.epoch));
}

Result<void> set_window(mysql::Connection& connection, const Campaign& campaign,
                        const core::Window& window) {
  return sql::execute(
      connection,
      fmt::format("UPDATE campaign FORCE INDEX (PRIMARY) SET opens_at = {}, "
                  "closes_at = {} WHERE id = {} AND epoch = {}",
                  window.opens_at_ms, window.closes_at_ms, campaign.id, campaign.epoch));
}

Result<Campaign> begin_epoch(mysql::Connection& connection, const Campaign& campaign,
                             const Campaign& next) {
  assert(next.id == campaign.id && next.epoch > campaign.epoch);
  auto transaction = mysql::Transaction::begin(connection);
  if (!transaction) return transaction.error();
  // Batches under way hold this lock: they end before the epoch does.
  const auto rows =
      connection.query(fmt::format("SELECT {} FROM campaign FORCE INDEX (PRIMARY) WHERE id = {} "
                                   "ORDER BY epoch DESC LIMIT 1 FOR UPDATE",
                                   columns, campaign.id));
  if (!rows) return rows.error();
  if (rows->empty())
    return Error{Fault::invalid, {}, "campaign " + campaign.name + " does not exist"};
  const auto current = campaign_of(rows->front());
  if (!current) return current.error();
  if (current->epoch != campaign.epoch)
    return Error{Fault::invalid,
                 {},
                 fmt::format("campaign {} is in epoch {}, no longer in {}", campaign.name,
                             current->epoch, campaign.epoch)};
  const auto inserted = connection.execute(
      fmt::format("INSERT INTO campaign (id, epoch, name, state, quota, opens_at, closes_at) "
                  "VALUES ({}, {})",
                  next.id, values(next)));
  if (!inserted) return inserted.error();
  const auto committed = transaction->commit();
  if (!committed) return committed.error();
  return next;
}

Result<Counts> count(mysql::Connection& connection, const Campaign& campaign) {
  const auto coupons = connection.query_integer(
      fmt::format("SELECT COUNT(*) FROM coupon WHERE campaign_id = {} AND epoch = {}", campaign.id,
                  campaign.epoch));
  if (!coupons) return coupons.error();
  const auto rows = connection.query(
      fmt::format("SELECT COALESCE(SUM(status = 'new'), 0), COALESCE(SUM(status = 'rejected'), 0), "
                  "COALESCE(SUM(status = 'done'), 0) FROM failed_event WHERE campaign = {}",
                  sql::bytes(campaign.name)));
  if (!rows) return rows.error();
  const auto& failed = rows->front();
  return Counts{*coupons, sql::integer(failed[0]), sql::integer(failed[1]),
                sql::integer(failed[2])};
}

}  // namespace couponctl::ledger
