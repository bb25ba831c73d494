// Keeps the recorded offsets of a topic: moved forward, each only from where it is expected to be.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "ledger/ledger.h"

namespace couponctl::ledger {

// Whose progress it is.
struct Topic {
  std::string cluster;
  std::string name;
};

core::Result<std::map<std::int32_t, std::int64_t>> read_progress(mysql::Connection& connection,
                                                                 const Topic& topic);
// Unless there is progress already.
core::Result<void> begin_progress(mysql::Connection& connection, const Topic& topic,
                                  std::int32_t partition, std::int64_t offset);

// Within a transaction. false: a partition is not where its range begins; roll back.
core::Result<bool> advance(mysql::Connection& connection, const Topic& topic,
                           std::span<const Range> ranges);

// The partition is read again from `offset` on, since it ends at `end` now, before its progress.
// Offsets from there on will be those of other messages: what failed at them keeps its row, under
// a name of the topic that nobody reads. One transaction.
core::Result<void> set_back(mysql::Connection& connection, const Topic& topic,
                            std::int32_t partition, std::int64_t offset, std::int64_t end);

}  // namespace couponctl::ledger
