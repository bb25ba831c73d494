// How is a failed event tried again?
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "core/fault_points.h"
#include "ledger/failed_events.h"
#include "ledger/issue.h"
#include "ledger/repeat.h"
#include "ledger/sql.h"
#include "mysql/transaction.h"

namespace couponctl::ledger {
namespace {

using core::kill_point;
using core::Result;

struct Taken {
  Message message;
  std::int64_t attempts = 0;
};

// Locks the event; nullopt if it is no longer new, or another replayer has it.
Result<std::optional<Taken>> take(mysql::Connection& connection, std::int64_t id) {
  const auto rows = connection.query(
      fmt::format("SELECT campaign, epoch, user_id, seq, attempts FROM failed_event "
                  "WHERE id = {} AND status = 'new' FOR UPDATE SKIP LOCKED",
                  id));
  if (!rows) return rows.error();
  if (rows->empty()) return std::optional<Taken>();
  const auto& row = rows->front();
  Taken taken;
  taken.attempts = sql::integer(row[4]);
  // Without a campaign or a user there is nothing to try: such a row is poison.
  if (!row[0] || !row[2]) taken.message.failed = FailureClass::poison;
  taken.message.campaign = row[0].value_or("");
  taken.message.epoch = sql::optional_integer(row[1]);
  taken.message.user = core::UserId{sql::optional_integer(row[2]).value_or(0)};
  taken.message.seq = sql::optional_integer(row[3]).value_or(0);
  return std::optional(std::move(taken));
}

Replayed judge(const Outcome& outcome, std::int64_t attempts, std::int64_t attempts_max) {
  if (outcome.kind == Outcome::Kind::issued) return Replayed::issued;
  if (outcome.kind == Outcome::Kind::duplicate) return Replayed::duplicate;
  const bool never = outcome.failure == FailureClass::poison ||
                     outcome.failure == FailureClass::stale_epoch || attempts >= attempts_max;
  return never ? Replayed::rejected : Replayed::still_failing;
}

std::string_view status(Replayed replayed) {
  switch (replayed) {
    case Replayed::issued:
    case Replayed::duplicate:
      return "done";
    case Replayed::rejected:
      return "rejected";
    case Replayed::still_failing:
    case Replayed::taken_by_another:
      return "new";
  }
  return "";
}

Result<Replayed> replay_once(mysql::Connection& connection, std::int64_t id,
                             std::int64_t attempts_max) {
  auto transaction = mysql::Transaction::begin(connection);
  if (!transaction) return transaction.error();
  const auto taken = take(connection, id);
  if (!taken) return taken.error();
  if (!*taken) return Replayed::taken_by_another;
  kill_point("replay.taken");
  Remembered remembered;
  const auto outcomes = issue(connection, remembered, {&(*taken)->message, 1});
  if (!outcomes) return outcomes.error();
  const auto attempts = (*taken)->attempts + 1;
  const auto replayed = judge(outcomes->front(), attempts, attempts_max);
  kill_point("replay.issued");
  const auto updated = sql::execute(
      connection, fmt::format("UPDATE failed_event SET status = '{}', attempts = {} WHERE id = {}",
                              status(replayed), attempts, id));
  if (!updated) return updated.error();
  kill_point("replay.updated");
  const auto committed = transaction->commit();
  kill_point("replay.committed");
  if (!committed) return committed.error();
  return replayed;
}

}  // namespace

Result<Replayed> replay(mysql::Connection& connection, std::int64_t id, std::int64_t attempts_max) {
  return repeat([&] { return replay_once(connection, id, attempts_max); });
}

}  // namespace couponctl::ledger
