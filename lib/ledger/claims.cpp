#include "ledger/claims.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/sql.h"

namespace couponctl::ledger {
namespace {

using core::Result;

constexpr std::size_t page_rows = 1000;

// `page` makes the statement for the rows after a position; its columns are position, user and seq.
template <class Page>
Result<void> read_pages(mysql::Connection& connection, const Page& page,
                        const std::function<Result<void>(std::span<const Claim>)>& take) {
  for (std::int64_t after = 0;;) {
    const auto rows = connection.query(page(after));
    if (!rows) return rows.error();
    std::vector<Claim> claims;
    for (const auto& row : *rows) {
      after = sql::integer(row[0]);
      claims.push_back({sql::integer(row[1]), sql::optional_integer(row[2]).value_or(0)});
    }
    if (claims.empty()) return {};
    if (auto taken = take(claims); !taken) return taken;
    if (claims.size() < page_rows) return {};
  }
}

}  // namespace

Result<void> read_claims(mysql::Connection& connection, const Campaign& campaign,
                         const std::function<Result<void>(std::span<const Claim>)>& take) {
  const auto coupons = [&](std::int64_t after) {
    return fmt::format(
        "SELECT slot, user_id, seq FROM coupon WHERE campaign_id = {} AND epoch = {} AND cap = {} "
        "AND slot > {} ORDER BY slot LIMIT {}",
        campaign.id, campaign.epoch, campaign.quota, after, page_rows);
  };
  if (auto read = read_pages(connection, coupons, take); !read) return read;
  const auto events = [&](std::int64_t after) {
    return fmt::format(
        "SELECT id, user_id, seq FROM failed_event WHERE status = 'new' AND campaign = {} AND "
        "epoch = {} AND class <> '{}' AND user_id IS NOT NULL AND id > {} ORDER BY id LIMIT {}",
        sql::bytes(campaign.name), campaign.epoch, name(FailureClass::over_quota), after,
        page_rows);
  };
  return read_pages(connection, events, take);
}

}  // namespace couponctl::ledger
