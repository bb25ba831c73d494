#include "strategies/coupon_table.h"

#include <fmt/format.h>

#include <charconv>

#include "core/failure.h"

namespace couponctl::strategies {
namespace {

using core::Exit;
using core::or_throw;
using core::Result;

mysql::Connection connect(const mysql::Address& address) {
  return or_throw(mysql::Connection::connect(address), Exit::unreachable,
                  "Set --mysql, or lower --threads if the server has no connection left");
}

Result<void> discard_count(const Result<std::int64_t>& result) {
  if (!result) return result.error();
  return {};
}

}  // namespace

CouponTable::CouponTable(const Scratch& scratch)
    : server_(scratch.backends.mysql), database_(scratch.database()) {
  server_.database.clear();
  auto connection = connect(server_);
  for (const auto& statement :
       {fmt::format("CREATE DATABASE `{}`", database_.database),
        fmt::format("CREATE TABLE `{}`.coupon (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
                    "user_id BIGINT NOT NULL)",
                    database_.database),
        fmt::format("CREATE TABLE `{}`.failed_event (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
                    "user_id BIGINT NOT NULL)",
                    database_.database)})
    or_throw(connection.execute(statement), Exit::runtime,
             "The bench needs the right to create and drop databases named couponctl_bench_*");
}

CouponTable::~CouponTable() {
  // On a server that is gone there is nothing left to remove.
  if (auto connection = mysql::Connection::connect(server_))
    static_cast<void>(
        connection->execute(fmt::format("DROP DATABASE IF EXISTS `{}`", database_.database)));
}

void CouponTable::clear() {
  auto connection = connect(database_);
  or_throw(connection.execute("TRUNCATE TABLE coupon"), Exit::runtime);
  or_throw(connection.execute("TRUNCATE TABLE failed_event"), Exit::runtime);
}

Result<std::vector<core::UserId>> CouponTable::users() const {
  auto connection = mysql::Connection::connect(database_);
  if (!connection) return connection.error();
  const auto rows = connection->query("SELECT user_id FROM coupon");
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
