// Who is on the topic and not yet in the ledger?
#pragma once

#include <cstdint>
#include <unordered_map>

#include "issuance/positions.h"
#include "ledger/campaigns.h"

namespace couponctl::admin {

using Backlog = std::unordered_map<std::int64_t, std::int64_t>;  // user → seq

// Those of the campaign's epoch. Messages without our headers are left out: nobody was admitted for
// them. Where the broker has lost messages that were never read, those that are left are what
// counts. Throws core::Failure(unreachable) if the brokers do not answer.
Backlog read_backlog(const issuance::Topic& topic, const issuance::Positions& positions,
                     const ledger::Campaign& campaign);

}  // namespace couponctl::admin
