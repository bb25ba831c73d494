// Runs a transaction again, at once, when another one was in its way.
#pragma once

#include <mysqld_error.h>

#include "mysql/errors.h"

namespace couponctl::ledger {

// After the first attempt and three more it is the caller's turn to back off.
constexpr int attempts_at_once_max = 4;

// A deadlock; or a duplicate key that was not resolved: a row typed in by hand took a slot
// meanwhile. Not a lock wait: it has waited for 5 s already, and a shutdown may be due.
inline bool is_in_the_way(const core::Error& error) {
  const auto kind = mysql::classify(error);
  return (kind == mysql::ErrorClass::lock && !mysql::is(error, ER_LOCK_WAIT_TIMEOUT)) ||
         kind == mysql::ErrorClass::duplicate_key;
}

// `attempt` begins and ends a transaction of its own and returns a core::Result.
template <class Attempt>
auto repeat(const Attempt& attempt) -> decltype(attempt()) {
  for (int attempts = 1;; ++attempts) {
    auto result = attempt();
    if (result || attempts == attempts_at_once_max || !is_in_the_way(result.error())) return result;
  }
}

}  // namespace couponctl::ledger
