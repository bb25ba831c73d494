#include "strategies/coupon_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/failure.h"
#include "mysql/errors.h"
#include "strategies/scratch_area.h"

namespace couponctl::strategies {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::UserId;
using load::Row;

// A page is read into memory as text, some 100 bytes a row.
constexpr std::int64_t page_rows = 100'000;

// As long as applications wait, by default, for a connection of their pool.
constexpr std::chrono::seconds lease_max{30};

Result<void> discard_count(const Result<std::int64_t>& result) {
  if (!result) return result.error();
  return {};
}

Result<std::int64_t> number_of(const std::optional<std::string>& field) {
  std::int64_t value = 0;
  if (field) {
    const auto* const end = field->data() + field->size();
    const auto read = std::from_chars(field->data(), end, value);
    if (read.ec == std::errc{} && read.ptr == end) return value;
  }
  return Error{Fault::garbled, {}, "mysql: a row of coupons holds no number"};
}

}  // namespace

CouponRows::CouponRows(const Scratch& scratch)
    : coupons_(scratch.coupons()),
      failed_events_(scratch.failed_events()),
      campaign_(scratch.campaign()),
      pool_(scratch.pool) {
  if (!pool_) own_.emplace(connect(scratch.database()));
}

CouponRows::Transaction::~Transaction() {
  if (rows_) rows_->open_.reset();
}

Result<CouponRows::Transaction> CouponRows::begin() {
  auto open = std::make_unique<Open>();
  if (pool_) {
    auto leased = lease();
    if (!leased) return leased.error();
    open->lease.emplace(*std::move(leased));
  }
  auto transaction = mysql::Transaction::begin(own_ ? *own_ : **open->lease);
  if (!transaction) return transaction.error();
  open->transaction.emplace(*std::move(transaction));
  open_ = std::move(open);
  return Transaction(*this);
}

Result<mysql::Pool::Lease> CouponRows::lease() {
  return pool_->take(mysql::Pool::Clock::now() + lease_max);
}

template <class Ask>
std::invoke_result_t<Ask, mysql::Connection&> CouponRows::on_connection(const Ask& ask) {
  if (own_) return ask(*own_);
  if (open_) return ask(**open_->lease);
  auto leased = lease();
  if (!leased) return leased.error();
  return ask(**leased);
}

Result<std::int64_t> CouponRows::execute(const std::string& statement) {
  return on_connection([&](mysql::Connection& on) { return on.execute(statement); });
}

Result<std::int64_t> CouponRows::query_integer(const std::string& statement) {
  return on_connection([&](mysql::Connection& on) { return on.query_integer(statement); });
}

Result<std::int64_t> CouponRows::count() {
  return query_integer("SELECT COUNT(*) FROM " + coupons_);
}

Result<bool> CouponRows::has(UserId user) {
  const auto rows = query_integer(
      fmt::format("SELECT COUNT(*) FROM {} WHERE user_id = {}", coupons_, core::number(user)));
  if (!rows) return rows.error();
  return *rows > 0;
}

Result<void> CouponRows::insert(UserId user) {
  return discard_count(
      execute(fmt::format("INSERT INTO {} (user_id) VALUES ({})", coupons_, core::number(user))));
}

Result<bool> CouponRows::insert_unique(UserId user) {
  const auto inserted = insert(user);
  if (inserted) return true;
  if (mysql::classify(inserted.error()) == mysql::ErrorClass::duplicate_key) return false;
  return inserted.error();
}

Result<void> CouponRows::insert_failed_event(UserId user) {
  return discard_count(execute(
      fmt::format("INSERT INTO {} (user_id) VALUES ({})", failed_events_, core::number(user))));
}

Result<void> CouponRows::lock_campaign() {
  const auto statement = "SELECT id FROM " + campaign_ + " WHERE id = 1 FOR UPDATE";
  const auto locked = on_connection([&](mysql::Connection& on) { return on.query(statement); });
  if (!locked) return locked.error();
  return {};
}

Result<bool> CouponRows::count_one_issued() {
  const auto counted =
      execute("UPDATE " + campaign_ + " SET issued = issued + 1 WHERE id = 1 AND issued < quota");
  if (!counted) return counted.error();
  return *counted == 1;
}

Result<std::vector<Row>> read_rows(const mysql::Address& database, const std::string& coupons) {
  auto connection = mysql::Connection::connect(database);
  if (!connection) return connection.error();
  std::vector<Row> rows;
  for (std::int64_t after = std::numeric_limits<std::int64_t>::min();;) {
    const auto page = connection->query(
        fmt::format("SELECT id, user_id FROM {} WHERE id > {} ORDER BY id LIMIT {}", coupons, after,
                    page_rows));
    if (!page) return page.error();
    for (const auto& fields : *page) {
      const auto id = number_of(fields.at(0));
      const auto user = number_of(fields.at(1));
      if (!id) return id.error();
      if (!user) return user.error();
      after = *id;
      rows.push_back({.user = UserId{*user}});
    }
    if (std::ssize(*page) < page_rows) return rows;
  }
}

void add_times(std::vector<Row>& rows, std::vector<Row> landed) {
  std::ranges::sort(rows, {}, &Row::user);
  std::ranges::sort(landed, {}, [](const Row& row) { return std::pair(row.user, row.durable_at); });
  auto time = landed.begin();
  for (auto& row : rows) {
    while (time != landed.end() && time->user < row.user) ++time;
    if (time == landed.end() || time->user != row.user) continue;
    row.durable_at = time->durable_at;
    ++time;
  }
}

}  // namespace couponctl::strategies
