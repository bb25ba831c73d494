// The database and the topic of one strategy: made when it starts, gone when it ends.
#pragma once

#include <string>

#include "kafka/admin.h"
#include "mysql/connection.h"
#include "strategies/strategy.h"

namespace couponctl::strategies {

constexpr int scratch_partitions = 3;

// Throws core::Failure(unreachable).
mysql::Connection connect(const mysql::Address& address);

class ScratchDatabase {
 public:
  explicit ScratchDatabase(const Scratch& scratch);  // throws core::Failure
  ~ScratchDatabase();
  ScratchDatabase(const ScratchDatabase&) = delete;
  ScratchDatabase& operator=(const ScratchDatabase&) = delete;

  const mysql::Address& address() const { return database_; }

 private:
  mysql::Address server_;
  mysql::Address database_;
};

class ScratchTopic {
 public:
  explicit ScratchTopic(const Scratch& scratch);  // throws core::Failure
  ~ScratchTopic();
  ScratchTopic(const ScratchTopic&) = delete;
  ScratchTopic& operator=(const ScratchTopic&) = delete;

 private:
  std::string name_;
  kafka::Admin admin_;
};

}  // namespace couponctl::strategies
