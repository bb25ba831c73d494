// Which session do the ledger's statements rely on? Each setting is set and read back.
#include <fmt/format.h>

#include <string>
#include <vector>

#include "ledger/schema.h"
#include "ledger/sql.h"

namespace couponctl::ledger {
namespace {

using core::Error;
using core::Fault;
using core::Result;

struct Setting {
  std::string name;
  std::string literal;  // as it is set
  std::string value;    // as it reads back
};

std::vector<Setting> settings(bool is_mariadb) {
  std::vector<Setting> list{
      {"sql_mode", "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
       "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION"},
      {"time_zone", "'+00:00'", "+00:00"},
      {"autocommit", "1", "1"},
      // A server may have been started without its own checks; the promise rests on them.
      {"foreign_key_checks", "1", "1"},
      {"unique_checks", "1", "1"},
      // Below the client's read time-out, so that the server's answer is seen.
      {"innodb_lock_wait_timeout", "5", "5"},
  };
  // Somebody who stops in the middle of a transaction holds the campaign's lock for this long.
  if (is_mariadb) {
    list.push_back({"check_constraint_checks", "1", "1"});
    list.push_back({"tx_isolation", "'READ-COMMITTED'", "READ-COMMITTED"});
    list.push_back({"idle_transaction_timeout", "10", "10"});
  } else {
    list.push_back({"transaction_isolation", "'READ-COMMITTED'", "READ-COMMITTED"});
    list.push_back({"wait_timeout", "10", "10"});
  }
  return list;
}

Result<std::string> one_text(mysql::Connection& connection, const std::string& statement) {
  const auto rows = connection.query(statement);
  if (!rows) return rows.error();
  if (rows->size() != 1) return Error{Fault::refused, {}, "no answer to " + statement};
  return rows->front().front().value_or("");
}

// One statement for each: an unknown variable would void a whole SET.
Result<void> apply(mysql::Connection& connection, const Setting& setting) {
  auto set =
      sql::execute(connection, fmt::format("SET SESSION {} = {}", setting.name, setting.literal));
  if (!set) return set;
  const auto value = one_text(connection, "SELECT @@SESSION." + setting.name);
  if (!value) return value.error();
  if (*value == setting.value) return {};
  return Error{Fault::refused,
               {},
               fmt::format("mysql: {} was set to {} and reads \"{}\"", setting.name,
                           setting.literal, *value)};
}

}  // namespace

Result<mysql::Connection> connect(const mysql::Address& address) {
  auto connection = mysql::Connection::connect(address);
  if (!connection) return connection;
  const auto version = one_text(*connection, "SELECT VERSION()");
  if (!version) return version.error();
  for (const auto& setting : settings(version->find("MariaDB") != std::string::npos)) {
    const auto applied = apply(*connection, setting);
    if (!applied) return applied.error();
  }
  return connection;
}

}  // namespace couponctl::ledger
