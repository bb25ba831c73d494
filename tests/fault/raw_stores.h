// What do database, Redis and Kafka hold? Read raw: by statements, commands and offsets of our own.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kafka/client.h"
#include "mysql/connection.h"
#include "redis/client.h"

namespace couponctl::fault {

struct CouponRow {
  std::int64_t epoch = 1;
  std::int64_t slot = 0;
  std::int64_t user = 0;
  std::int64_t seq = 0;

  bool operator==(const CouponRow&) const = default;
};

using Place = std::pair<std::int32_t, std::int64_t>;  // partition and offset

struct FailedRow {
  std::string failure;  // its class: "OVER_QUOTA"
  std::string status;   // "new"
  std::optional<std::int64_t> epoch;
  std::optional<std::int64_t> user;
  Place place;
};

struct RawStores {
  std::int64_t quota = 0;
  std::vector<CouponRow> coupons = {};
  std::vector<FailedRow> failed = {};
  std::map<std::int32_t, std::int64_t> progress = {};

  std::map<std::int64_t, std::string> users = {};  // the hash: user → "seq|id"
  std::int64_t outbox = 0;                         // entries
  std::map<std::string, std::string> meta = {};
  std::string run_id = "";

  std::map<std::int32_t, std::int64_t> ends = {};  // of the topic's partitions
};

struct Whereabouts {
  redis::Address redis;
  mysql::Address mysql;  // its database is the trial's
  kafka::Cluster kafka;
  std::string topic;
  std::string campaign;
};

// Throws core::Failure if a server does not answer.
RawStores read_stores(const Whereabouts& where);
// Only what Redis holds.
RawStores read_redis(const Whereabouts& where);

// Nobody may be admitted in this state: the meta is gone or of another server, or the number of
// users is not what it says.
bool has_forgotten(const RawStores& stores);

}  // namespace couponctl::fault
