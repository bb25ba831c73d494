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
#include "issuance/places.h"

namespace couponctl::issuance {

struct Answer {
  // admitted, duplicate, sold_out, not_open, closed; unavailable with the reason; or in_doubt: the
  // user has a place, and it cannot be read.
  core::Decision decision = core::Decision::unavailable;
  std::int64_t seq = 0;       // of admitted and duplicate
  std::string entry_id = "";  // the outbox entry of admitted and duplicate
};

struct Admitted {
  std::vector<Answer> answers;  // one for each user asked for
  std::int64_t epoch = 0;
  std::int64_t at_ms = 0;
  std::string unavailable = "";  // the reason of the unavailable ones: FENCED, UNINIT, BUSY, …
  // Whether it was looked who has a place; else who is unavailable may have one all the same.
  bool places_known = true;
};

// Reads what the admission script answers for so many users.
core::Result<Admitted> read_answers(const redis::Value& answer, std::size_t users);

// How many users one script call takes: Lua's unpack has a limit near 8,000 values.
constexpr std::size_t admit_users_max = 1000;

// Who hands the winners to Kafka: whoever asks, and the relay if he does not within its grace; or
// the relay at once.
enum class HandsOver : std::uint8_t { asker, relay };

// One connection to the Redis of the campaigns; used by one thread.
class Admission {
 public:
  // Reads the server's run id, which fences this connection: after a restart or a failover the
  // server is another one, and admits nobody until `recover` has looked.
  static core::Result<Admission> connect(const redis::Address& address,
                                         redis::Timeouts timeouts = {});

  // So that admit() is one command.
  core::Result<void> prepare();

  // 1..admit_users_max users, whose places `hands_over` brings to Kafka. After an error that
  // core::ends_connection it is unknown who was admitted; asking again, on a new connection, tells.
  // A state of the wrong type is unavailable with reason CORRUPT.
  core::Result<Admitted> admit(const std::string& campaign, std::span<const core::UserId> users,
                               HandsOver hands_over = HandsOver::asker);

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
