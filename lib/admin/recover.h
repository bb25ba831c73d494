// Rebuilds what Redis should know of a campaign, after a restart, a loss or a corruption, from the
// ledger, the topic and what Redis has kept; then lets it admit again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "admin/status.h"
#include "issuance/admission.h"

namespace couponctl::admin {

struct RecoverOptions {
  std::string campaign = "default";
  // With the group, whose offset counts where there is no progress, unless the database is lost.
  issuance::Topic topic;
  // How long to wait, closed, for messages that applicants still have under way. Whoever hands over
  // later than that may be refused as OVER_QUOTA.
  std::chrono::milliseconds drain{30'000};
  // What Redis or the topic know and the database does not is lost there for good: it is to be made
  // anew from them. Without this it is refused, for it may be the wrong database.
  bool database_lost = false;
};

struct Recovered {
  ledger::Campaign campaign;
  std::int64_t kept = 0;         // users whom Redis had not forgotten
  std::int64_t removed = 0;      // entries that were no user with a place
  std::int64_t sent_again = 0;   // of the kept: their messages were nowhere
  std::int64_t from_ledger = 0;  // users who got their places back
  std::int64_t from_outbox = 0;
  std::int64_t from_topic = 0;
  std::int64_t left_out = 0;  // they would be beyond the quota
  std::int64_t admitted = 0;  // all, now
  // The topic ended before what the ledger had read of it: made anew, or messages were lost.
  std::int64_t partitions_read_again = 0;
  bool row_made = false;  // the database did not know the epoch
};

// Told a few times a second while it waits.
using Draining = std::function<void(std::chrono::milliseconds left)>;

// Holds the AdminLock. Killed anywhere, the campaign stays closed and the next recovery, with the
// same options, completes it; so it does after a stop was requested, for which this returns
// nothing. Throws core::Failure: usage if there is nothing to recover, or the database is behind
// and not said to be lost.
std::optional<Recovered> recover(mysql::Connection& database, issuance::Admission& admission,
                                 const RecoverOptions& options, const Draining& draining,
                                 const std::stop_token& stop);

}  // namespace couponctl::admin
