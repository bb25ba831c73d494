// Reads and writes the sources' tables coupon_<run> and failed_event_<run>.
#pragma once

#include <cstdint>
#include <vector>

#include "core/result.h"
#include "core/user_id.h"
#include "load/target.h"
#include "mysql/transaction.h"
#include "strategies/scratch.h"

namespace couponctl::strategies {

// One connection to the tables of one run; used by one thread.
class CouponRows {
 public:
  explicit CouponRows(const Scratch& scratch);  // throws core::Failure

  core::Result<std::int64_t> count();
  core::Result<bool> has(core::UserId user);
  core::Result<void> insert(core::UserId user);
  // False if the user has a row already; where the users are unique.
  core::Result<bool> insert_unique(core::UserId user);
  core::Result<void> insert_failed_event(core::UserId user);

  // Of designs that have a campaign row:
  core::Result<mysql::Transaction> begin() { return mysql::Transaction::begin(connection_); }
  core::Result<void> lock_campaign();
  // False if all are issued.
  core::Result<bool> count_one_issued();

 private:
  std::string coupons_;
  std::string failed_events_;
  std::string campaign_;
  mysql::Connection connection_;
};

// The users of all rows of a table or view `coupons` with a unique integer `id`, read in pages.
core::Result<std::vector<load::Row>> read_rows(const mysql::Address& database,
                                               const std::string& coupons);

// Gives the rows of each user, in any order, the times at which rows of that user became durable.
void add_times(std::vector<load::Row>& rows, std::vector<load::Row> landed);

}  // namespace couponctl::strategies
