// Forgets who was admitted, so that a campaign can begin its next epoch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "admin/backlog.h"
#include "admin/status.h"
#include "admin/stores.h"

namespace couponctl::admin {

struct Key {
  std::string name;
  bool is_there = false;
};

// What a reset would find and do.
struct ResetView {
  ledger::Campaign campaign;  // as Redis knows it, with id 0, where the database does not
  ledger::Counts counts;
  core::Result<Standing> standing;
  core::Result<Remainder> remainder;
  std::vector<Key> keys;  // exactly those that a reset deletes
  // Why it must not be reset yet, with the counts; empty: it may.
  std::vector<std::string> obstacles;

  bool is_in_database() const { return campaign.id != 0; }
  // Neither store holds anything of this epoch.
  bool is_done() const;
};

// `remainder` as find_remainder() gave it: the campaign's own messages stand against a reset, and
// those without headers, which may be meant for it; those of other campaigns do not. The default
// campaign's keys include those of other programs: coupon_count, couponCount, applied_user. Throws
// core::Failure(usage) if neither store knows the campaign.
ResetView inspect_reset(const Stores& stores, const std::string& name,
                        core::Result<Remainder> remainder);

// Throws core::Failure with the obstacles if there are any: unreachable if a server did not tell.
void require_resettable(const ResetView& view);

// Marks the campaign as resetting in Redis, begins the next epoch in the database, above all that
// Redis and the remainder know of, deletes the keys. Killed anywhere, run again, it goes on where
// it was. The caller has inspected; `force` passes over obstacles, but not where neither the meta
// nor the remainder is known, so that a taken epoch could begin. Holds the AdminLock. Returns the
// new epoch, closed.
ledger::Campaign reset(const Stores& stores, const std::string& name,
                       core::Result<Remainder> remainder, bool force);

}  // namespace couponctl::admin
