// Asks MySQL whether a statement waits for a row lock.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "mysql/connection.h"

namespace couponctl::race {

class LockWaits {
 public:
  // Throws core::Failure; without the right PROCESS, too.
  explicit LockWaits(const mysql::Address& server);

  // Whether a transaction waits in LOCK WAIT with that statement. Throws core::Failure if the
  // server cannot be asked. It takes up to 0.1 s: for as long after it was read InnoDB answers
  // from memory (trx_i_s_cache_t in storage/innobase/trx/trx0i_s.cc).
  bool waits(std::string_view statement);

 private:
  mysql::Connection connection_;
  std::chrono::steady_clock::time_point asked_at_{};
};

}  // namespace couponctl::race
