// What an audit asks the tables: in pages or as a few numbers, so that any size fits. None of these
// needs an index by name: an audit must work where somebody has dropped one.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "mysql/connection.h"

namespace couponctl::ledger {

// The rows of one epoch.
struct EpochCount {
  std::int64_t epoch = 0;
  std::optional<std::int64_t> quota;  // nullopt: the campaign has no such epoch
  std::int64_t coupons = 0;
  std::int64_t slots = 0;  // distinct ones
  std::int64_t users = 0;  // distinct ones
  std::int64_t slot_min = 0;
  std::int64_t slot_max = 0;
};
core::Result<std::vector<EpochCount>> count_by_epoch(mysql::Connection& connection,
                                                     std::int64_t campaign_id);

// A value that more than one row of an epoch has.
struct Repeated {
  std::int64_t epoch = 0;
  std::int64_t value = 0;
  std::int64_t rows = 0;
};
enum class Column { slot, user_id };
core::Result<std::vector<Repeated>> repeated(mysql::Connection& connection,
                                             std::int64_t campaign_id, Column column,
                                             std::int64_t rows_max);

struct CouponRow {
  std::int64_t user = 0;
  std::int64_t seq = 0;
};
// Each of an epoch's rows, in any order, as of one moment; the connection can be asked nothing
// meanwhile. Returns how many there are.
core::Result<std::int64_t> each_coupon(mysql::Connection& connection, std::int64_t campaign_id,
                                       std::int64_t epoch,
                                       const std::function<void(const CouponRow&)>& take);

// Which of these users hold a coupon.
core::Result<std::unordered_set<std::int64_t>> coupons_of(mysql::Connection& connection,
                                                          std::int64_t campaign_id,
                                                          std::int64_t epoch,
                                                          std::span<const std::int64_t> users);

struct FailedRow {
  std::int64_t id = 0;
  std::string status;
  std::optional<std::int64_t> epoch;
  std::optional<std::int64_t> user;
};
// A page of the failed events that name the campaign, of all epochs, those after `id`.
core::Result<std::vector<FailedRow>> failed_after(mysql::Connection& connection,
                                                  const std::string& campaign, std::int64_t id,
                                                  std::int64_t rows_max);

struct Hopeless {
  std::int64_t id = 0;
  std::string failure;
};
// Failed events of any campaign that are `new` although they can never become a coupon.
core::Result<std::vector<Hopeless>> hopeless_new(mysql::Connection& connection,
                                                 std::int64_t rows_max);

}  // namespace couponctl::ledger
