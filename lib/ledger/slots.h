// Which slots of a locked campaign are free?
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/locked_campaigns.h"

namespace couponctl::ledger {

class Slots {
 public:
  Slots(mysql::Connection& connection, Remembered& remembered, const LockedCampaign& campaign);

  // Whether `count` slots follow the largest one; they are then what find() returns.
  bool has_room_at_end(std::int64_t count) const { return count <= campaign_.quota - largest_; }
  // Up to `count` free slots: those after the largest one, then the gaps that somebody left who
  // typed or deleted rows by hand. Looking does not take them.
  core::Result<std::vector<std::int64_t>> find(std::int64_t count);
  // These are rows now.
  void take(const std::vector<std::int64_t>& slots);

 private:
  core::Result<void> find_gaps(std::int64_t count, std::vector<std::int64_t>& free);
  core::Result<std::vector<std::int64_t>> gaps_between(std::int64_t first, std::int64_t last);

  mysql::Connection& connection_;
  const LockedCampaign& campaign_;
  std::int64_t largest_;
  std::int64_t& taken_up_to_;  // remembered, so that a full campaign is searched once, not always
};

}  // namespace couponctl::ledger
