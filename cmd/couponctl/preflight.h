// Are the servers such that they keep what they have acknowledged? Asked before anybody is
// admitted.
#pragma once

#include "cli/command_line.h"
#include "mysql/connection.h"
#include "redis/client.h"

namespace couponctl::cmd {

// Each throws core::Failure (usage; unreachable for what may pass by itself) that names what is
// wrong and its mend; with `allow_unsafe` it only warns.
void require_fit(redis::Client& redis, bool allow_unsafe, const cli::Context& context);
void require_fit(mysql::Connection& database, bool allow_unsafe, const cli::Context& context);

}  // namespace couponctl::cmd
