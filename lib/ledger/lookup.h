// Tells which users' winning has reached the database: as a coupon, or as a failed event.
#pragma once

#include <map>
#include <span>
#include <string>

#include "core/user_id.h"
#include "mysql/connection.h"

namespace couponctl::ledger {

enum class Reached { coupon, failed_event };

// Of these users, at most 1000, those that have got there, in the campaign's given epoch.
core::Result<std::map<core::UserId, Reached>> look_up(mysql::Connection& connection,
                                                      const std::string& campaign,
                                                      std::int64_t epoch,
                                                      std::span<const core::UserId> users);

}  // namespace couponctl::ledger
