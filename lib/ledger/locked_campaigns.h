// Locks the campaigns of a batch, so that their quota, epoch and slots stay as they are read.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "ledger/remembered.h"
#include "mysql/connection.h"

namespace couponctl::ledger {

struct LockedCampaign {
  std::int64_t id = 0;
  std::int64_t epoch = 0;  // the current one
  std::int64_t quota = 0;
  std::int64_t largest_slot = 0;  // 0: no coupon yet
};

// Within a transaction; in ascending id, so that two batches cannot lock each other out. A name
// without a campaign is missing from the result.
core::Result<std::map<std::string, LockedCampaign>> lock_campaigns(
    mysql::Connection& connection, Remembered& remembered, const std::set<std::string>& names);

}  // namespace couponctl::ledger
