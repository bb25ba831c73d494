// Reads and writes the sources' tables coupon_<run> and failed_event_<run>.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/user_id.h"
#include "load/target.h"
#include "mysql/pool.h"
#include "mysql/transaction.h"
#include "strategies/scratch.h"

namespace couponctl::strategies {

// The tables of one run, used by one thread. Each statement has a connection of scratch.pool for as
// long as it takes, a transaction has one to its end; where there is no pool, one of its own.
class CouponRows {
 public:
  // Rolled back unless it is committed.
  class Transaction {
   public:
    explicit Transaction(CouponRows& rows) : rows_(&rows) {}
    ~Transaction();
    Transaction(Transaction&& other) noexcept : rows_(std::exchange(other.rows_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;

    // As of mysql::Transaction.
    core::Result<void> commit() { return rows_->open_->transaction->commit(); }

   private:
    CouponRows* rows_;  // nullptr: moved from
  };

  explicit CouponRows(const Scratch& scratch);  // throws core::Failure

  core::Result<std::int64_t> count();
  core::Result<bool> has(core::UserId user);
  core::Result<void> insert(core::UserId user);
  // False if the user has a row already; where the users are unique.
  core::Result<bool> insert_unique(core::UserId user);
  core::Result<void> insert_failed_event(core::UserId user);

  // Of designs that have a campaign row:
  core::Result<Transaction> begin();
  core::Result<void> lock_campaign();
  // False if all are issued.
  core::Result<bool> count_one_issued();

 private:
  struct Open {
    std::optional<mysql::Pool::Lease> lease = std::nullopt;
    std::optional<mysql::Transaction> transaction = std::nullopt;
  };

  core::Result<mysql::Pool::Lease> lease();
  // Asks on the transaction's connection, or on one for that alone.
  template <class Ask>
  std::invoke_result_t<Ask, mysql::Connection&> on_connection(const Ask& ask);
  core::Result<std::int64_t> execute(const std::string& statement);
  core::Result<std::int64_t> query_integer(const std::string& statement);

  std::string coupons_;
  std::string failed_events_;
  std::string campaign_;
  std::shared_ptr<mysql::Pool> pool_;
  std::optional<mysql::Connection> own_;  // where there is no pool
  std::unique_ptr<Open> open_;            // the transaction, with its connection of the pool
};

// The users of all rows of a table or view `coupons` with a unique integer `id`, read in pages.
core::Result<std::vector<load::Row>> read_rows(const mysql::Address& database,
                                               const std::string& coupons);

// Gives the rows of each user, in any order, the times at which rows of that user became durable.
void add_times(std::vector<load::Row>& rows, std::vector<load::Row> landed);

}  // namespace couponctl::strategies
