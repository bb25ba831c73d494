// Which of these users hold a coupon already?
#pragma once

#include <cstdint>
#include <span>
#include <unordered_set>

#include "mysql/connection.h"

namespace couponctl::ledger {

core::Result<std::unordered_set<std::int64_t>> holders(mysql::Connection& connection,
                                                       std::int64_t campaign_id, std::int64_t epoch,
                                                       std::span<const std::int64_t> users);

}  // namespace couponctl::ledger
