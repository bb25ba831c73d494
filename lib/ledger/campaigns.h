// The campaign table: one row for each campaign and epoch; the highest epoch is the current one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/campaign.h"
#include "ledger/named_lock.h"
#include "mysql/connection.h"

namespace couponctl::ledger {

// fresh: nobody has ever been admitted in this epoch, so it may begin in a Redis that knows nothing
// of it. closed: nobody is admitted any more, what is under way is still written.
enum class State { fresh, open, closed };

std::string_view name(State state);

// Of a campaign; Redis and its scripts hold numbers below 2^53 exactly.
constexpr std::int64_t epoch_max = std::int64_t{1} << 52;

struct Campaign {
  std::int64_t id = 0;
  std::int64_t epoch = 1;
  std::string name = "";
  State state = State::closed;
  std::int64_t quota = 0;
  core::Window window = {};
};

// Its current epoch.
core::Result<std::optional<Campaign>> find_campaign(mysql::Connection& connection,
                                                    const std::string& name);
core::Result<std::vector<Campaign>> list_campaigns(mysql::Connection& connection);

// Writes the first row of a campaign whose name is new, and returns it with its id.
core::Result<Campaign> create_campaign(mysql::Connection& connection, Campaign campaign);
core::Result<void> set_state(mysql::Connection& connection, const Campaign& campaign, State state);
// Fault::invalid if a coupon with a higher slot exists. Coupons and campaign change together.
core::Result<void> set_quota(mysql::Connection& connection, const Campaign& campaign,
                             std::int64_t quota);
core::Result<void> set_window(mysql::Connection& connection, const Campaign& campaign,
                              const core::Window& window);
// Begins a later epoch of `campaign`, its current one, with this row.
core::Result<Campaign> begin_epoch(mysql::Connection& connection, const Campaign& campaign,
                                   const Campaign& next);

struct Counts {
  std::int64_t coupons = 0;     // rows of the current epoch
  std::int64_t failed_new = 0;  // failed events that a replay may still turn into coupons
  std::int64_t failed_rejected = 0;
  std::int64_t failed_done = 0;
};
core::Result<Counts> count(mysql::Connection& connection, const Campaign& campaign);

// The advisory lock that every administrative command on a campaign holds, across processes; it is
// released with the connection that took it. Throws core::Failure(runtime) if somebody holds it.
class AdminLock {
 public:
  AdminLock(mysql::Connection& connection, const std::string& campaign);

 private:
  NamedLock lock_;
};

}  // namespace couponctl::ledger
