// The audit's rules about each user, row and entry: what has to be walked through.
#pragma once

#include "audit/rules.h"

namespace couponctl::audit {

// The outbox's entries; fills in who is in it.
void check_outbox(redis::Client& redis, const RedisView& view, const AuditOptions& options,
                  std::int64_t epoch, Finding& outbox, UnderWay& under_way);
// The failed events; fills in who has one in that epoch. Returns how many are `new`.
std::int64_t check_failed(mysql::Connection& database, const AuditOptions& options,
                          const ledger::Campaign& campaign, Finding& failed, UnderWay& under_way);
// The users hash, for form, one-seq and none-lost. `under_way` was read before.
void check_users(redis::Client& redis, mysql::Connection& database, const RedisView& view,
                 const AuditOptions& options, const ledger::Campaign& campaign,
                 const UnderWay& under_way, Findings& findings);
// The rows of the epoch. Returns how many there are.
std::int64_t check_admitted(redis::Client& redis, mysql::Connection& database,
                            const RedisView& view, const AuditOptions& options,
                            const ledger::Campaign& campaign, Finding& admitted);

}  // namespace couponctl::audit
