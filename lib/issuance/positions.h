// How far has the ledger read each partition of the topic?
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "kafka/admin.h"
#include "mysql/connection.h"

namespace couponctl::issuance {

struct Topic {
  kafka::Cluster brokers;
  std::string name;
  std::string group = "";  // of the consumers; "": as if there were none
};

struct Position {
  std::optional<std::int64_t> progress;  // none: nobody has begun
  kafka::Watermarks ends;
  std::optional<std::int64_t> committed = {};  // the group's offset, where there is no progress

  // The topic was made anew, or has lost messages that were read.
  bool is_cut() const { return progress > ends.high; }
  // The first message that is there and not yet in the ledger.
  std::int64_t next() const {
    const auto groups = committed && *committed <= ends.high ? *committed : ends.low;
    return std::max(progress.value_or(groups), ends.low);
  }
};

struct Positions {
  std::string cluster;  // its id
  std::map<std::int32_t, Position> partitions;
};

core::Result<Positions> find_positions(mysql::Connection& database, const Topic& topic);

}  // namespace couponctl::issuance
