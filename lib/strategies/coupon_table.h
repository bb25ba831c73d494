// The sources' bare tables coupon(id, user_id) and failed_event(id, user_id) in a scratch database.
#pragma once

#include <cstdint>
#include <vector>

#include "core/result.h"
#include "core/user_id.h"
#include "strategies/scratch_area.h"
#include "strategies/strategy.h"

namespace couponctl::strategies {

// The tables, in a scratch database of their own.
class CouponTable {
 public:
  explicit CouponTable(const Scratch& scratch);  // throws core::Failure

  void clear();  // throws core::Failure
  core::Result<std::vector<core::UserId>> users() const;

 private:
  ScratchDatabase database_;
};

// The users of all rows of a table `coupon` that `condition` takes; "true" takes all.
core::Result<std::vector<core::UserId>> coupon_users(const mysql::Address& database,
                                                     std::string_view condition);

// One connection to that table; used by one thread.
class CouponRows {
 public:
  explicit CouponRows(const Scratch& scratch);  // throws core::Failure

  core::Result<std::int64_t> count();
  core::Result<void> insert(core::UserId user);
  core::Result<void> insert_failed_event(core::UserId user);

 private:
  mysql::Connection connection_;
};

}  // namespace couponctl::strategies
