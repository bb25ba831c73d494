// What is on the topic and not yet in the ledger?
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "issuance/positions.h"
#include "ledger/campaigns.h"

namespace couponctl::admin {

using Backlog = std::unordered_map<std::int64_t, std::int64_t>;  // user → seq

// These read the topic for as long as that takes, and keep the session of the database alive
// meanwhile, and whatever lock it holds.

// Those of the campaign's epoch. Messages without our headers are left out: nobody was admitted for
// them. Where the broker has lost messages that were never read, those that are left are what
// counts. Throws core::Failure(unreachable) if the brokers do not answer.
Backlog read_backlog(mysql::Connection& database, const issuance::Topic& topic,
                     const issuance::Positions& positions, const ledger::Campaign& campaign);

// Of all that is still to be read, and of a campaign in it.
struct Remainder {
  std::map<std::string, std::int64_t> messages;  // by campaign; "": without our headers
  std::int64_t epoch = 0;  // the largest that the campaign's messages name, or its failed events
  std::string cut = "";    // the trouble with a topic that ends before what was read of it
};

core::Result<Remainder> find_remainder(mysql::Connection& database, const issuance::Topic& topic,
                                       const std::string& campaign);

// Remainder::epoch; nothing remains on a topic that there is not. No epoch up to this one must
// begin anew: messages of long ago would take its coupons. Throws core::Failure.
std::int64_t epoch_named(mysql::Connection& database, const issuance::Topic& topic,
                         const std::string& campaign);

// Of find_remainder(): nothing remains on a topic that there is not.
bool is_unknown_topic(const core::Error& error);
// The same: it is not Kafka that is silent.
bool is_of_database(const core::Error& error);

// Of a partition that is_cut().
std::string cut_text(const issuance::Topic& topic, std::int32_t partition,
                     const issuance::Position& position);

}  // namespace couponctl::admin
