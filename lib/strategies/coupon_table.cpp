#include "strategies/coupon_table.h"

#include <fmt/format.h>

#include <charconv>

#include "core/failure.h"

namespace couponctl::strategies {
namespace {

using core::Exit;
using core::or_throw;
using core::Result;

Result<void> discard_count(const Result<std::int64_t>& result) {
  if (!result) return result.error();
  return {};
}

}  // namespace

CouponTable::CouponTable(const Scratch& scratch) : database_(scratch) {
  auto connection = connect(database_.address());
  for (const auto* table : {"coupon", "failed_event"})
    or_throw(connection.execute(fmt::format("CREATE TABLE {} (id BIGINT AUTO_INCREMENT PRIMARY "
                                            "KEY, user_id BIGINT NOT NULL)",
                                            table)),
             Exit::runtime);
}

void CouponTable::clear() {
  auto connection = connect(database_.address());
  or_throw(connection.execute("TRUNCATE TABLE coupon"), Exit::runtime);
  or_throw(connection.execute("TRUNCATE TABLE failed_event"), Exit::runtime);
}

Result<std::vector<core::UserId>> CouponTable::users() const {
  return coupon_users(database_.address(), "true");
}

Result<std::vector<core::UserId>> coupon_users(const mysql::Address& database,
                                               std::string_view condition) {
  auto connection = mysql::Connection::connect(database);
  if (!connection) return connection.error();
  const auto rows =
      connection->query(fmt::format("SELECT user_id FROM coupon WHERE {}", condition));
  if (!rows) return rows.error();
  std::vector<core::UserId> users;
  for (const auto& row : *rows) {
    const auto& text = row.front().value();
    std::int64_t user = 0;
    std::from_chars(text.data(), text.data() + text.size(), user);
    users.push_back(core::UserId{user});
  }
  return users;
}

CouponRows::CouponRows(const Scratch& scratch) : connection_(connect(scratch.database())) {}

Result<std::int64_t> CouponRows::count() {
  return connection_.query_integer("SELECT COUNT(*) FROM coupon");
}

Result<void> CouponRows::insert(core::UserId user) {
  return discard_count(connection_.execute(
      fmt::format("INSERT INTO coupon (user_id) VALUES ({})", core::number(user))));
}

Result<void> CouponRows::insert_failed_event(core::UserId user) {
  return discard_count(connection_.execute(
      fmt::format("INSERT INTO failed_event (user_id) VALUES ({})", core::number(user))));
}

}  // namespace couponctl::strategies
