// The sources' bare tables coupon(id, user_id) and failed_event(id, user_id) in a scratch database.
#pragma once

#include <cstdint>
#include <vector>

#include "core/result.h"
#include "core/user_id.h"
#include "strategies/strategy.h"

namespace couponctl::strategies {

// Makes the scratch database and drops it at the end.
class CouponTable {
 public:
  explicit CouponTable(const Scratch& scratch);  // throws core::Failure
  ~CouponTable();
  CouponTable(const CouponTable&) = delete;
  CouponTable& operator=(const CouponTable&) = delete;

  void clear();  // throws core::Failure
  core::Result<std::vector<core::UserId>> users() const;

 private:
  mysql::Address server_;
  mysql::Address database_;
};

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
