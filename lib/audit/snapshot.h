// What do Redis, the database and Kafka hold of one campaign, between admission and coupon?
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "audit/audit.h"
#include "issuance/places.h"
#include "kafka/admin.h"
#include "kafka/consumer.h"

namespace couponctl::audit {

// A campaign's keys at one moment.
struct RedisView {
  std::string campaign;
  std::map<std::string, std::string> types;   // of meta, users, outbox, quarantine: "hash", "none"
  std::map<std::string, std::string> fields;  // of the meta
  std::int64_t admitted = 0;
  std::int64_t outbox = 0;
  std::int64_t quarantined = 0;
  std::string run_id;  // of the server

  bool is_empty() const;
  bool has_meta() const { return types.at("meta") == "hash"; }
  bool has_users() const { return types.at("users") == "hash" || types.at("users") == "none"; }
  std::string field(const std::string& name) const;
  std::optional<std::int64_t> number(const std::string& name) const;
  // Somebody is at work on it: neither whole nor broken.
  bool is_unsettled() const;
};
core::Result<RedisView> view_redis(redis::Client& redis, const std::string& campaign);

// What the hash holds of these users, nullopt where it holds none.
core::Result<std::vector<std::optional<std::string>>> users_fields(
    redis::Client& redis, const std::string& campaign, std::span<const std::int64_t> users);
// nullopt: the entry is none that the admission writes in this epoch.
std::optional<std::span<const issuance::Winner>> winners_of(const issuance::OutboxEntry& entry,
                                                            std::int64_t epoch);

// The topic from the recorded progress on.
struct TopicView {
  bool has_topic = false;
  std::map<std::int32_t, std::int64_t> lows;   // as they were before anything else was read
  std::map<std::int32_t, std::int64_t> highs;  // as they were last
  kafka::Offsets committed;                    // the group's
  kafka::Offsets progress;
  std::int64_t lag = 0;                    // messages, of all campaigns
  std::unordered_set<std::int64_t> users;  // of the campaign and epoch
};
// Throws core::Failure(unreachable) that names Kafka.
TopicView view_topic(const AuditOptions& options, std::int64_t epoch);

// Who is on the way to a coupon, or has ended as a failed event.
struct UnderWay {
  std::unordered_set<std::int64_t> outbox;
  std::unordered_set<std::int64_t> backlog;
  std::unordered_set<std::int64_t> failed;

  bool contains(std::int64_t user) const {
    return outbox.contains(user) || backlog.contains(user) || failed.contains(user);
  }
};

}  // namespace couponctl::audit
