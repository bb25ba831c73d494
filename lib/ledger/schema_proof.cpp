// Does this server really refuse what must never be written?
#include <fmt/format.h>

#include <string_view>

#include "core/failure.h"
#include "ledger/named_lock.h"
#include "ledger/schema_check.h"
#include "mysql/errors.h"
#include "mysql/transaction.h"

namespace couponctl::ledger {
namespace {

using core::Exit;
using core::Failure;
using core::or_throw;
using core::Result;
using mysql::ErrorClass;

// A session waits 5 s for a lock of somebody else; without one, all takes milliseconds.
constexpr int tries_max = 3;
constexpr std::chrono::seconds proof_max{12};  // below the client's read time-out

// No campaign has this id, nor an empty name.
constexpr std::string_view campaign =
    "INSERT INTO campaign (id, epoch, name, state, quota) VALUES (-1, 1, '', 'closed', 2)";

Result<std::int64_t> insert(mysql::Connection& connection, int cap, int slot, int user) {
  return connection.execute(
      fmt::format("INSERT INTO coupon (campaign_id, epoch, cap, slot, user_id) "
                  "VALUES (-1, 1, {}, {}, {})",
                  cap, slot, user));
}

// Whether the row is refused for what it is. Another trouble says nothing about that.
Result<bool> refuses(mysql::Connection& connection, int cap, int slot, int user) {
  const auto inserted = insert(connection, cap, slot, user);
  if (inserted) return false;
  const auto error = mysql::classify(inserted.error());
  if (error != ErrorClass::bad_row && error != ErrorClass::duplicate_key) return inserted.error();
  return true;
}

Failure takes(std::string_view what) {
  return {Exit::usage, fmt::format("mysql: table coupon takes {}", what),
          "Its keys or its foreign key were altered: restore them from the migration"};
}

struct Row {
  int cap, slot, user;
  const char* what;
};

// Whether rows outside the quota are refused, too; rolled back.
Result<bool> try_once(mysql::Connection& connection) {
  constexpr Row never[] = {{2, 1, 2, "a slot that is taken"},
                           {2, 2, 1, "a second coupon for a user"},
                           {3, 3, 3, "a cap that is not the quota"}};
  constexpr Row outside[] = {{2, 0, 4, "slot 0"}, {2, 3, 5, "slot N+1"}};
  const auto transaction = mysql::Transaction::begin(connection);
  if (!transaction) return transaction.error();
  if (const auto made = connection.execute(campaign); !made) return made.error();
  if (const auto first = insert(connection, 2, 1, 1); !first) return first.error();
  for (const auto& [cap, slot, user, what] : never) {
    const auto refused = refuses(connection, cap, slot, user);
    if (!refused) return refused.error();
    if (!*refused) throw takes(what);
  }
  bool refuses_outside = true;
  for (const auto& row : outside) {
    const auto refused = refuses(connection, row.cap, row.slot, row.user);
    if (!refused) return refused.error();
    refuses_outside = refuses_outside && *refused;
  }
  if (const auto second = insert(connection, 2, 2, 2); !second) return second.error();
  return refuses_outside;
}

}  // namespace

bool prove_refusals(mysql::Connection& connection, const Waits& waits) {
  const NamedLock lock(
      connection, "proof", proof_max,
      Failure(Exit::unreachable, "mysql: another couponctl is trying what the tables refuse",
              "Try again when that one is done"));
  for (int tries = 1;; ++tries) {
    const auto refused = try_once(connection);
    if (refused || mysql::classify(refused.error()) != ErrorClass::lock)
      return or_throw(refused, Exit::runtime);
    const auto what = fmt::format("mysql: somebody holds locks on the tables of couponctl: {}",
                                  refused.error().text);
    if (tries == tries_max)
      throw Failure(Exit::unreachable, what,
                    "End that transaction (SHOW PROCESSLIST), or try again when it is done");
    if (waits) waits(what + ". Waiting for them");
  }
}

}  // namespace couponctl::ledger
