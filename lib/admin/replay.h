// Tries failed events again, one transaction each, until each has its coupon or never will.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <stop_token>

#include "ledger/failed_events.h"

namespace couponctl::admin {

struct ReplayTally {
  std::int64_t issued = 0;
  std::int64_t duplicate = 0;  // the user had the coupon already
  std::int64_t still_failing = 0;
  std::int64_t rejected = 0;  // given up after attempts_max tries
  std::int64_t taken_by_another = 0;

  std::int64_t tried() const {
    return issued + duplicate + still_failing + rejected + taken_by_another;
  }
};

// Stops between two events when it is asked to. Two replayers at once are safe. Throws
// core::Failure at an error that goes beyond one event.
ReplayTally replay(mysql::Connection& database, std::span<const std::int64_t> event_ids,
                   std::int64_t attempts_max, const std::stop_token& stop,
                   const std::function<void(const ReplayTally&)>& progress);

}  // namespace couponctl::admin
