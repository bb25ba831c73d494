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

// It takes milliseconds.
constexpr std::chrono::seconds proof_max{10};

// No campaign has this id, nor an empty name.
constexpr std::string_view campaign =
    "INSERT INTO campaign (id, epoch, name, state, quota) VALUES (-1, 1, '', 'closed', 2)";

core::Result<std::int64_t> insert(mysql::Connection& connection, int cap, int slot, int user) {
  return connection.execute(
      fmt::format("INSERT INTO coupon (campaign_id, epoch, cap, slot, user_id) "
                  "VALUES (-1, 1, {}, {}, {})",
                  cap, slot, user));
}

// Whether the row is refused for what it is. Another trouble says nothing about that.
bool refuses(mysql::Connection& connection, int cap, int slot, int user) {
  const auto inserted = insert(connection, cap, slot, user);
  if (inserted) return false;
  const auto error = mysql::classify(inserted.error());
  if (error != mysql::ErrorClass::bad_row && error != mysql::ErrorClass::duplicate_key)
    throw Failure(Exit::runtime, inserted.error().text);
  return true;
}

void require(bool refused, std::string_view what) {
  if (!refused)
    throw Failure(Exit::usage, fmt::format("mysql: table coupon takes {}", what),
                  "Its keys or its foreign key were altered: restore them from the migration");
}

}  // namespace

bool prove_refusals(mysql::Connection& connection) {
  const NamedLock lock(
      connection, "proof", proof_max,
      Failure(Exit::runtime, "mysql: another couponctl is trying what the tables refuse",
              "Try again when that one is done"));
  const auto transaction = or_throw(mysql::Transaction::begin(connection), Exit::runtime);
  or_throw(connection.execute(campaign), Exit::runtime);
  or_throw(insert(connection, 2, 1, 1), Exit::runtime);
  require(refuses(connection, 2, 1, 2), "a slot that is taken");
  require(refuses(connection, 2, 2, 1), "a second coupon for a user");
  require(refuses(connection, 3, 3, 3), "a cap that is not the quota");
  const bool refuses_outside = refuses(connection, 2, 0, 4) && refuses(connection, 2, 3, 5);
  or_throw(insert(connection, 2, 2, 2), Exit::runtime);
  return refuses_outside;
}

}  // namespace couponctl::ledger
