#include "mysql/transaction.h"

#include <utility>

namespace couponctl::mysql {

core::Result<Transaction> Transaction::begin(Connection& connection) {
  const auto started = connection.execute("START TRANSACTION");
  if (!started) return started.error();
  return Transaction(connection);
}

Transaction::Transaction(Transaction&& other) noexcept
    : connection_(std::exchange(other.connection_, nullptr)) {}

Transaction::~Transaction() {
  // If this fails the connection is broken, and the server rolls back by itself.
  if (connection_) connection_->execute_last("ROLLBACK");
}

core::Result<void> Transaction::commit() {
  const auto committed = connection_->execute("COMMIT");
  if (!committed) return committed.error();
  connection_ = nullptr;
  return {};
}

}  // namespace couponctl::mysql
