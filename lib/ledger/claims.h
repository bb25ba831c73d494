// Who holds a place of a campaign's epoch, as far as the database knows?
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "ledger/campaigns.h"

namespace couponctl::ledger {

struct Claim {
  std::int64_t user = 0;
  std::int64_t seq = 0;  // 0: not admitted by us
};

// Calls `take` with up to 1000 at a time: who has a coupon, then whose failed event may still
// become one although it was within the quota. Somebody may come twice. An error of `take` ends it.
core::Result<void> read_claims(
    mysql::Connection& connection, const Campaign& campaign,
    const std::function<core::Result<void>(std::span<const Claim>)>& take);

}  // namespace couponctl::ledger
