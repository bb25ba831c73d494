// Forgets who was admitted, so that a campaign can begin its next epoch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admin/status.h"
#include "admin/stores.h"

namespace couponctl::admin {

struct Key {
  std::string name;
  bool is_there = false;
};

// What a reset would find and do.
struct ResetView {
  ledger::Campaign campaign;
  ledger::Counts counts;
  core::Result<Standing> standing;
  core::Result<std::int64_t> lag;
  std::vector<Key> keys;  // exactly those that a reset deletes
  // Why it must not be reset yet, with the counts; empty: it may.
  std::vector<std::string> obstacles;

  // Neither store holds anything of this epoch.
  bool is_done() const;
};

// `lag` as admin::lag() gave it. The default campaign's keys include those of other programs:
// coupon_count, couponCount, applied_user.
ResetView inspect_reset(const Stores& stores, const std::string& name,
                        core::Result<std::int64_t> lag);

// Throws core::Failure with the obstacles if there are any: unreachable if a server did not tell.
void require_resettable(const ResetView& view);

// Marks the campaign as resetting in Redis, begins the next epoch in the database, deletes the
// keys. Killed anywhere, run again, it goes on where it was. The caller has inspected; `force`
// passes over obstacles. Holds the AdminLock. Returns the new epoch, closed.
ledger::Campaign reset(const Stores& stores, const std::string& name,
                       core::Result<std::int64_t> lag, bool force);

}  // namespace couponctl::admin
