// Connects a command to the servers it cannot do without, or ends it with the mend.
#pragma once

#include "admin/status.h"
#include "cli/settings.h"
#include "core/failure.h"
#include "mysql/connection.h"
#include "redis/client.h"

namespace couponctl::cmd {

redis::Client connect_redis(const cli::Globals& globals);

// With the ledger's session and schema: throws core::Failure(usage) that names `couponctl migrate`
// where the database or its tables are missing.
mysql::Connection connect_ledger(const cli::Globals& globals);

issuance::Topic topic_of(const cli::Globals& globals);

// The failure to connect.
core::Failure cannot_connect(const redis::Address& address, const core::Error& error);
core::Failure cannot_connect(const mysql::Address& address, const core::Error& error);

}  // namespace couponctl::cmd
