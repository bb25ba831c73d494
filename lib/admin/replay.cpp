#include "admin/replay.h"

#include "servers/exit.h"

namespace couponctl::admin {
namespace {

using ledger::Replayed;
using servers::or_end;

// Deadlocks with a busy consumer pass; more in a row than this are no accident.
constexpr int lock_tries_max = 5;

Replayed replay_one(mysql::Connection& database, std::int64_t id, std::int64_t attempts_max) {
  for (int tries = 1;; ++tries) {
    auto replayed = ledger::replay(database, id, attempts_max);
    const bool locked = !replayed && mysql::classify(replayed.error()) == mysql::ErrorClass::lock;
    if (!locked || tries == lock_tries_max) return or_end(std::move(replayed));
  }
}

std::int64_t& counter_of(ReplayTally& tally, Replayed replayed) {
  switch (replayed) {
    case Replayed::issued:
      return tally.issued;
    case Replayed::duplicate:
      return tally.duplicate;
    case Replayed::still_failing:
      return tally.still_failing;
    case Replayed::rejected:
      return tally.rejected;
    case Replayed::taken_by_another:
      break;
  }
  return tally.taken_by_another;
}

}  // namespace

ReplayTally replay(mysql::Connection& database, std::span<const std::int64_t> event_ids,
                   std::int64_t attempts_max, const std::stop_token& stop,
                   const std::function<void(const ReplayTally&)>& progress) {
  ReplayTally tally;
  for (const auto id : event_ids) {
    if (stop.stop_requested()) break;
    ++counter_of(tally, replay_one(database, id, attempts_max));
    progress(tally);
  }
  return tally;
}

}  // namespace couponctl::admin
