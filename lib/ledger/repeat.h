// Runs a transaction again, at once, when another one was in its way.
#pragma once

#include "mysql/errors.h"

namespace couponctl::ledger {

// More would only add to the crowd; then it is the caller's turn to back off.
constexpr int attempts_at_once_max = 4;

// `attempt` begins and ends a transaction of its own and returns a core::Result.
template <class Attempt>
auto repeat(const Attempt& attempt) -> decltype(attempt()) {
  for (int attempts = 1;; ++attempts) {
    auto result = attempt();
    if (result || attempts == attempts_at_once_max) return result;
    const auto error = mysql::classify(result.error().code);
    // A duplicate key that was not resolved: a row typed in by hand took a slot meanwhile.
    const bool in_the_way =
        error == mysql::ErrorClass::lock || error == mysql::ErrorClass::duplicate_key;
    if (!in_the_way) return result;
  }
}

}  // namespace couponctl::ledger
