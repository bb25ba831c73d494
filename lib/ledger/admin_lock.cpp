// How do two administrative commands on a campaign keep out of each other's way?
#include <fmt/format.h>

#include "core/failure.h"
#include "ledger/campaigns.h"
#include "ledger/sql.h"

namespace couponctl::ledger {

AdminLock::AdminLock(mysql::Connection& connection, const std::string& campaign)
    : connection_(connection), name_(sql::text("couponctl:" + campaign)) {
  const auto taken = core::or_throw(
      connection_.query_integer(fmt::format("SELECT GET_LOCK({}, 0)", name_)), core::Exit::runtime);
  if (taken != 1)
    throw core::Failure(core::Exit::runtime,
                        fmt::format("campaign {}: another couponctl is changing it", campaign),
                        "Try again when that one is done");
}

AdminLock::~AdminLock() { connection_.execute_last(fmt::format("SELECT RELEASE_LOCK({})", name_)); }

}  // namespace couponctl::ledger
