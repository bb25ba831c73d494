// The words of issuing: how a campaign is named and what an applicant can be told.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/result.h"

namespace couponctl::core {

// 1..32 of a-z 0-9 _ -: a name becomes part of Redis keys and of Kafka headers.
// The error is a phrase that follows the name of a flag, variable or key.
Result<void> check_campaign_name(std::string_view name);

// When applicants are admitted, in milliseconds since 1970 UTC; 0: no bound on that side.
struct Window {
  std::int64_t opens_at_ms = 0;
  std::int64_t closes_at_ms = 0;

  bool operator==(const Window&) const = default;
};

enum class Decision : std::uint8_t {
  admitted,     // holds a place in Redis
  queued,       // and Kafka has acknowledged it
  issued,       // and it is a row in the ledger
  duplicate,    // this user was admitted before
  sold_out,     // no coupon is left
  not_open,     // the window has not begun
  closed,       // the window is over, or the campaign was closed
  in_doubt,     // admitted; whether it is durable was not learnt in time
  unavailable,  // nothing was decided: the campaign cannot admit now
};

// "QUEUED": as printed and as in JSON.
std::string_view name(Decision decision);

}  // namespace couponctl::core
