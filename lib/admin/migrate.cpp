#include "admin/migrate.h"

#include <fmt/format.h>

#include <utility>

#include "mysql/errors.h"
#include "servers/connect.h"
#include "servers/exit.h"

namespace couponctl::admin {
namespace {

// Without the right to create databases somebody else did; if nobody did, the next connect says so.
void create_database(mysql::Address address) {
  const auto database = std::exchange(address.database, "");
  auto connection = servers::connected(mysql::Connection::connect(address), address);
  const auto created =
      connection.execute(fmt::format("CREATE DATABASE IF NOT EXISTS `{}`", database));
  if (!created && mysql::classify(created.error()) != mysql::ErrorClass::setup)
    servers::or_end(created);
}

}  // namespace

ledger::Migrated migrate(const mysql::Address& address, bool allow_unsafe,
                         const ledger::Waits& waits) {
  create_database(address);
  return ledger::migrate(address, allow_unsafe, waits);
}

}  // namespace couponctl::admin
