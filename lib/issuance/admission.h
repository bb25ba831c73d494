// Decides in Redis who gets a coupon, and keeps the outbox of those whose message is not yet safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/campaign.h"
#include "core/user_id.h"
#include "redis/client.h"

namespace couponctl::issuance {

// The keys of one campaign; their hash tag keeps them on one node of a cluster.
struct CampaignKeys {
  explicit CampaignKeys(std::string_view campaign);

  std::string meta;        // HASH
  std::string users;       // HASH user → "seq|stream id"
  std::string outbox;      // STREAM
  std::string quarantine;  // STREAM of what was in the outbox and cannot be read
};

// One who was admitted, as the message on the topic carries it.
struct Winner {
  std::string campaign;
  std::int64_t epoch = 0;
  core::UserId user{0};
  std::int64_t seq = 0;
  std::int64_t admitted_at_ms = 0;  // Redis's clock, since 1970
};

// One entry of the outbox: the winners of one script call.
struct OutboxEntry {
  std::string id;               // "1732140000000-0"; its first part is the time of the call in ms
  std::vector<Winner> winners;  // none: it cannot be read, and nobody will ever send it
};

struct Answer {
  // admitted, duplicate, sold_out, not_open, closed; or unavailable with the reason.
  core::Decision decision;
  std::int64_t seq = 0;       // of admitted and duplicate
  std::string entry_id = "";  // the outbox entry of admitted and duplicate
};

struct Admitted {
  std::vector<Answer> answers;  // one for each user asked for
  std::int64_t epoch = 0;
  std::int64_t at_ms = 0;
  std::string unavailable = "";  // the reason of the unavailable ones: FENCED, UNINIT, BUSY, …
};

// How many users one script call takes: Lua's unpack has a limit near 8,000 values.
constexpr std::size_t admit_users_max = 1000;

// One connection to the Redis of the campaigns; used by one thread.
class Admission {
 public:
  // Reads the server's run id, which fences this connection: after a restart or a failover the
  // server is another one, and admits nobody until `recover` has looked.
  static core::Result<Admission> connect(const redis::Address& address,
                                         redis::Timeouts timeouts = {});

  // 1..admit_users_max users. After a time-out it is unknown who was admitted; asking again, on a
  // new connection, tells. A state of the wrong type is unavailable with reason CORRUPT.
  core::Result<Admitted> admit(const std::string& campaign, std::span<const core::UserId> users);

  // Up to `entries_max` entries of the outbox, oldest first, those after `after_id` ("" is the
  // start).
  core::Result<std::vector<OutboxEntry>> read_outbox(const std::string& campaign,
                                                     const std::string& after_id,
                                                     std::int64_t entries_max);
  core::Result<std::optional<OutboxEntry>> outbox_entry(const std::string& campaign,
                                                        const std::string& id);
  // Moves an entry that cannot be read out of the outbox, with its fields as they are; false: it is
  // not there any more.
  core::Result<bool> quarantine(const std::string& campaign, const std::string& id);
  core::Result<std::int64_t> outbox_length(const std::string& campaign);
  // Deletes entries whose messages are all acknowledged; returns how many were there.
  core::Result<std::int64_t> forget(const std::string& campaign, std::span<const std::string> ids);

  redis::Client& client() { return client_; }
  const std::string& run_id() const { return run_id_; }

 private:
  Admission(redis::Client client, std::string run_id)
      : client_(std::move(client)), run_id_(std::move(run_id)) {}

  redis::Client client_;
  std::string run_id_;
};

}  // namespace couponctl::issuance
