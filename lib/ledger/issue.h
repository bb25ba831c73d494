// Turns messages into coupons within a transaction, and says of each what became of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/remembered.h"

namespace couponctl::ledger {

struct Outcome {
  enum class Kind : std::uint8_t { issued, duplicate, failed };

  Kind kind = Kind::failed;
  FailureClass failure = FailureClass::poison;  // of failed
  int errno_of_row = 0;                         // of rejected_row: the server's number
  std::optional<std::int64_t> campaign_id;      // as far as they are known
  std::optional<std::int64_t> epoch;
};

// One outcome for each message; of several messages of a user the first gets the coupon. After an
// error the transaction must be rolled back and `remembered` forgotten. An error 1062 means that a
// row typed in by hand took a slot meanwhile: run the transaction again.
core::Result<std::vector<Outcome>> issue(mysql::Connection& connection, Remembered& remembered,
                                         std::span<const Message> messages);

}  // namespace couponctl::ledger
