#include "ledger/schema_check.h"

#include <fmt/format.h>
#include <mysqld_error.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/failure.h"
#include "ledger/sql.h"

namespace couponctl::ledger {
namespace {

using core::Exit;
using core::Failure;
using core::or_throw;

struct Table {
  std::string_view name;
  std::string_view columns;                   // each followed by a space
  std::vector<std::string_view> unique_keys;  // the columns of each
};

// What the statements of this folder use; migrations/ says what it is for.
const std::vector<Table>& tables() {
  static const std::vector<Table> all{
      {"campaign",
       "id epoch name state quota opens_at closes_at ",
       {"id epoch ", "id epoch quota ", "name epoch "}},
      {"coupon",
       "campaign_id epoch cap slot user_id seq issued_at ",
       {"campaign_id epoch cap slot ", "campaign_id epoch user_id "}},
      {"failed_event",
       "id cluster topic part off class campaign_id campaign epoch user_id seq errno payload "
       "length sha256 status attempts created_at updated_at ",
       {"id ", "cluster topic part off "}},
      {"kafka_progress", "cluster topic part next_off ", {"cluster topic part "}},
  };
  return all;
}

Failure unfit(std::string_view table, const std::string& why) {
  return {Exit::usage, fmt::format("mysql: table {} {}", table, why),
          "Use a database of its own for couponctl, then run `couponctl migrate`"};
}

std::vector<mysql::Row> query(mysql::Connection& connection, const std::string& statement) {
  return or_throw(connection.query(statement), Exit::runtime);
}

void require_engine(mysql::Connection& connection, const Table& table) {
  const auto rows =
      query(connection, fmt::format("SELECT engine FROM information_schema.tables WHERE "
                                    "table_schema = DATABASE() AND table_name = '{}'",
                                    table.name));
  if (rows.empty()) throw unfit(table.name, "is missing");
  const auto engine = rows.front().front().value_or("none");
  if (engine != "InnoDB") throw unfit(table.name, "has engine " + engine + ", not InnoDB");
}

void require_columns(mysql::Connection& connection, const Table& table) {
  std::set<std::string> present;
  for (const auto& row :
       query(connection, fmt::format("SELECT column_name FROM information_schema.columns WHERE "
                                     "table_schema = DATABASE() AND table_name = '{}'",
                                     table.name)))
    present.insert(row.front().value());
  for (auto rest = table.columns; !rest.empty(); rest.remove_prefix(rest.find(' ') + 1)) {
    const std::string column(rest.substr(0, rest.find(' ')));
    if (!present.contains(column)) throw unfit(table.name, "has no column " + column);
  }
}

void require_unique_keys(mysql::Connection& connection, const Table& table) {
  std::map<std::string, std::string> columns_of;
  for (const auto& row :
       query(connection, fmt::format("SELECT index_name, column_name FROM "
                                     "information_schema.statistics WHERE table_schema = "
                                     "DATABASE() AND table_name = '{}' AND non_unique = 0 "
                                     "ORDER BY index_name, seq_in_index",
                                     table.name)))
    columns_of[row[0].value()] += row[1].value() + " ";
  std::set<std::string, std::less<>> present;
  for (const auto& [index, columns] : columns_of) present.insert(columns);
  for (const auto key : table.unique_keys)
    if (!present.contains(key))
      throw unfit(table.name,
                  fmt::format("has no unique key over ({})", key.substr(0, key.size() - 1)));
}

std::string variable(mysql::Connection& connection, std::string_view name) {
  return query(connection, fmt::format("SELECT @@GLOBAL.{}", name)).front().front().value_or("");
}

}  // namespace

void require_tables(mysql::Connection& connection) {
  for (const auto& table : tables()) {
    require_engine(connection, table);
    require_columns(connection, table);
    require_unique_keys(connection, table);
  }
}

namespace {

// Its checks can be switched off for all who connect, and then only our own sessions have them.
void require_checks(mysql::Connection& connection) {
  const bool is_mariadb =
      query(connection, "SELECT VERSION()").front().front().value_or("").find("MariaDB") !=
      std::string::npos;
  for (const auto* name : {"foreign_key_checks", "unique_checks", "check_constraint_checks"}) {
    if (!is_mariadb && name == std::string_view("check_constraint_checks")) continue;
    const auto value = variable(connection, name);
    if (value != "1" && value != "ON")
      throw Failure(
          Exit::usage,
          fmt::format("mysql: {} is {}: what other programs write is not checked", name, value),
          "Set it to 1");
  }
}

}  // namespace

void require_durable_server(mysql::Connection& connection) {
  const auto flush = variable(connection, "innodb_flush_log_at_trx_commit");
  if (flush != "1")
    throw Failure(Exit::usage,
                  fmt::format("mysql: innodb_flush_log_at_trx_commit is {}: coupons that were "
                              "committed can be lost",
                              flush),
                  "Set it to 1");
  const auto mode = variable(connection, "sql_mode");
  if (mode.find("STRICT_") == std::string::npos)
    throw Failure(
        Exit::usage,
        fmt::format("mysql: sql_mode is '{}': what other programs write is cut to fit", mode),
        "Add STRICT_TRANS_TABLES to it");
  require_checks(connection);
}

core::Result<void> check_writable(mysql::Connection& connection) {
  const auto rows = connection.query("SELECT @@GLOBAL.read_only");
  if (!rows) return rows.error();
  const auto value = rows->front().front().value_or("");
  if (value == "0" || value == "OFF") return {};
  return core::Error{core::Fault::refused,
                     {core::Domain::mysql_server, ER_OPTION_PREVENTS_STATEMENT},
                     fmt::format("mysql: the server is read-only (read_only is {})", value)};
}

}  // namespace couponctl::ledger
