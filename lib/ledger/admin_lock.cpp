// How do two administrative commands on a campaign keep out of each other's way?
#include <fmt/format.h>

#include "core/failure.h"
#include "ledger/campaigns.h"

namespace couponctl::ledger {

AdminLock::AdminLock(mysql::Connection& connection, const std::string& campaign)
    : lock_(connection, "campaign " + campaign, std::chrono::seconds(0),
            core::Failure(core::Exit::runtime,
                          fmt::format("campaign {}: another couponctl is changing it", campaign),
                          "Try again when that one is done")) {}

}  // namespace couponctl::ledger
