// How does a campaign stand: in Redis, in the database, and between them on the topic?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "admin/campaigns.h"
#include "issuance/positions.h"
#include "mysql/connection.h"
#include "redis/client.h"

namespace couponctl::admin {

// What Redis holds of a campaign.
struct Standing {
  std::optional<Meta> meta;
  bool fenced = false;  // the server was restarted or replaced since the campaign was opened
  std::int64_t admitted = 0;
  std::int64_t outbox = 0;  // entries not yet handed to Kafka
  std::int64_t now_ms = 0;  // by the server's clock, which admission goes by
};

// An error, also where a key is of the wrong type.
core::Result<Standing> standing(redis::Client& redis, const std::string& campaign);

// One word: open, scheduled (it opens later), ended (its time is over), closed, recovering,
// resetting, fresh (to be opened), and what `recover` mends: fenced, forgotten, epoch-differs.
std::string_view state(const ledger::Campaign& campaign, const Standing& standing);

// Messages on the topic that the ledger has not yet taken in.
core::Result<std::int64_t> lag(mysql::Connection& database, const issuance::Topic& topic);

}  // namespace couponctl::admin
