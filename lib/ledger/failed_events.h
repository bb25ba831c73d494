// The failed_event table: what could not become a coupon, kept until it does or never can.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"

namespace couponctl::ledger {

struct FailedFilter {
  std::optional<FailureClass> failure = std::nullopt;
  std::string campaign = "";  // "": all
  std::optional<core::UserId> user = std::nullopt;
  std::int64_t limit = 1'000'000;
};

// How many are `new` by class, of those that the filter takes.
core::Result<std::map<FailureClass, std::int64_t>> histogram(mysql::Connection& connection,
                                                             const FailedFilter& filter);
// The ids of those `new` events, oldest first.
core::Result<std::vector<std::int64_t>> replayable(mysql::Connection& connection,
                                                   const FailedFilter& filter);

// The largest epoch of that campaign that a `new` event names; 0: none does.
core::Result<std::int64_t> largest_epoch(mysql::Connection& connection,
                                         const std::string& campaign);

enum class Replayed { issued, duplicate, still_failing, rejected, taken_by_another };

// Tries one event again in one transaction of its own: the same steps as Ledger::write. The row is
// updated, its first cause kept; after `attempts_max` tries it is rejected for good.
core::Result<Replayed> replay(mysql::Connection& connection, std::int64_t id,
                              std::int64_t attempts_max);

}  // namespace couponctl::ledger
