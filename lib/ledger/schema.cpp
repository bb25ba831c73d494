#include "ledger/schema.h"

#include <fmt/format.h>

#include <embedded/lib/ledger/migrations/001_tables.sql.h>

#include <set>

#include "core/failure.h"
#include "ledger/named_lock.h"
#include "ledger/schema_check.h"
#include "ledger/sql.h"
#include "servers/connect.h"

namespace couponctl::ledger {
namespace {

using core::Exit;
using core::Failure;
using core::or_throw;

// Below the client's read time-out.
constexpr std::chrono::seconds wait_for_migration{10};

constexpr std::string_view make_history =
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    "version INT NOT NULL PRIMARY KEY, name VARCHAR(64) NOT NULL, "
    "applied_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)) ENGINE=InnoDB";

std::vector<mysql::Row> query(mysql::Connection& connection, std::string_view statement) {
  return or_throw(connection.query(statement), Exit::runtime);
}

void execute(mysql::Connection& connection, std::string_view statement) {
  or_throw(sql::execute(connection, statement), Exit::runtime,
           "Migrating needs the right to create tables and keys in this database");
}

std::set<std::string> tables_of_ours(mysql::Connection& connection) {
  std::set<std::string> tables;
  for (const auto& row :
       query(connection,
             "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
             "AND table_name IN ('campaign', 'coupon', 'failed_event', 'kafka_progress', "
             "'schema_migration')"))
    tables.insert(row.front().value());
  return tables;
}

// What has our name and was not made by a migration belongs to somebody else.
void refuse_foreign_tables(const std::set<std::string>& tables) {
  if (tables.empty() || tables.contains("schema_migration")) return;
  throw Failure(Exit::usage,
                fmt::format("mysql: the database holds a table {} that couponctl did not make",
                            *tables.begin()),
                "Name a database of its own in --mysql; this one is left as it was");
}

std::set<std::int64_t> applied_versions(mysql::Connection& connection) {
  std::set<std::int64_t> versions;
  for (const auto& row : query(connection, "SELECT version FROM schema_migration"))
    versions.insert(sql::integer(row.front()));
  return versions;
}

void apply(mysql::Connection& connection, const Migration& migration) {
  constexpr std::string_view end = ";\n";
  for (auto rest = migration.sql; rest.find(end) != std::string_view::npos;
       rest.remove_prefix(rest.find(end) + end.size()))
    execute(connection, rest.substr(0, rest.find(end)));
  execute(connection, fmt::format("INSERT INTO schema_migration (version, name) VALUES ({}, '{}')",
                                  migration.version, migration.name));
}

void require_writable(mysql::Connection& connection) {
  or_throw(check_writable(connection), Exit::unreachable,
           "Name the primary in --mysql, or try again when the failover is over");
}

Failure takes_too_many() {
  return {Exit::usage, "mysql: table coupon takes a slot above the quota",
          "Use MySQL from 8.0.16 or MariaDB, which do not ignore CHECK, and restore the table's "
          "from the migration"};
}

}  // namespace

const std::vector<Migration>& migrations() {
  static const std::vector<Migration> all{{1, "001_tables", embedded::_001_tables_sql}};
  return all;
}

Migrated migrate(const mysql::Address& address, bool allow_unsafe, const Waits& waits) {
  auto connection = servers::connected(connect(address), address);
  require_writable(connection);
  if (!allow_unsafe) require_durable_server(connection);
  // Two migrations at once: the second waits, and finds nothing left to do.
  const NamedLock lock(connection, "migrate", wait_for_migration,
                       Failure(Exit::runtime, "mysql: another `couponctl migrate` is at work",
                               "Try again when that one is done"));
  refuse_foreign_tables(tables_of_ours(connection));
  execute(connection, make_history);
  const auto applied = applied_versions(connection);
  Migrated migrated;
  for (const auto& migration : migrations()) {
    if (applied.contains(migration.version)) continue;
    apply(connection, migration);
    migrated.applied.emplace_back(migration.name);
  }
  require_tables(connection);
  migrated.enforces_cap = prove_refusals(connection, waits);
  if (!migrated.enforces_cap && !allow_unsafe) throw takes_too_many();
  return migrated;
}

void require_promise(mysql::Connection& connection, const Waits& waits) {
  require_durable_server(connection);
  if (!prove_refusals(connection, waits)) throw takes_too_many();
}

void require_schema(mysql::Connection& connection) {
  constexpr const char* hint = "Run `couponctl migrate`";
  const auto tables = tables_of_ours(connection);
  refuse_foreign_tables(tables);
  if (tables.empty())
    throw Failure(Exit::usage, "mysql: the database has no tables of couponctl", hint);
  const auto applied = applied_versions(connection);
  for (const auto& migration : migrations())
    if (!applied.contains(migration.version))
      throw Failure(Exit::usage, fmt::format("mysql: migration {} is missing", migration.name),
                    hint);
  require_tables(connection);
}

mysql::Connection open(const mysql::Address& address) {
  auto connection = servers::connected(connect(address), address);
  require_schema(connection);
  return connection;
}

mysql::Connection open_to_write(const mysql::Address& address) {
  auto connection = open(address);
  require_writable(connection);
  return connection;
}

core::Result<mysql::Connection> connect_to_write(const mysql::Address& address) {
  auto connection = connect(address);
  if (!connection) return connection;
  if (const auto writable = check_writable(*connection); !writable) return writable.error();
  return connection;
}

}  // namespace couponctl::ledger
