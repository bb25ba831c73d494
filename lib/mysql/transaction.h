// A transaction that is rolled back unless it is committed.
#pragma once

#include "mysql/connection.h"

namespace couponctl::mysql {

class Transaction {
 public:
  static core::Result<Transaction> begin(Connection& connection);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  // After an error the outcome is unknown: the commit may have happened.
  core::Result<void> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}

  Connection* connection_;  // nullptr: nothing left to roll back
};

}  // namespace couponctl::mysql
