// How does what Redis holds of a campaign read? Its keys, places and outbox entries.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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

// What the users hash holds of one who was admitted.
struct Place {
  std::int64_t seq = 0;
  std::string_view entry_id;  // of the outbox
};

// Reads "seq|stream id"; nullopt: it is none that the admission writes. The id points into `text`.
std::optional<Place> parse_place(std::string_view text);
std::string format_place(const Place& place);

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
  std::string id;  // "1732140000000-0"; its first part is the time of the call in ms
  std::vector<Winner> winners = {};  // none: it cannot be read, and nobody will ever send it
  bool is_for_relay = false;         // whoever asked does not hand it over
};

// Reads epoch, at, maybe relay, then user and seq of each winner. Without winners if it is anything
// else.
OutboxEntry parse_entry(const std::string& campaign, std::string id,
                        std::span<const redis::Pair> fields);

// Entries of the outbox, oldest first.
using OutboxPage = std::vector<OutboxEntry>;

// Up to `entries_max` of those after `after_id` ("" is the start).
core::Result<OutboxPage> read_outbox(redis::Client& client, const std::string& campaign,
                                     const std::string& after_id, std::int64_t entries_max);
// The one with that id.
core::Result<std::optional<OutboxEntry>> find_in_outbox(redis::Client& client,
                                                        const std::string& campaign,
                                                        const std::string& id);
// Calls `each` with one page after the other until it returns false or an error.
core::Result<void> walk_outbox(redis::Client& client, const std::string& campaign,
                               const std::function<core::Result<bool>(const OutboxPage&)>& each);

}  // namespace couponctl::issuance
