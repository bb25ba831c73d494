// The tables of the durable truth: makes them, brings them up to date, proves that they refuse.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/connection.h"

namespace couponctl::ledger {

// Connects with the session that the ledger's statements rely on: READ COMMITTED, strict sql_mode,
// UTC, lock wait 5 s, an idle transaction is ended after 10 s. Each is set and read back.
core::Result<mysql::Connection> connect(const mysql::Address& address);

// The same on a server that may be written to; Fault::refused with the server's own number if it is
// read-only, also to those whom it would let write all the same.
core::Result<mysql::Connection> connect_to_write(const mysql::Address& address);

// Told of somebody's locks that are waited for.
using Waits = std::function<void(const std::string& what)>;

struct Migration {
  int version;
  std::string_view name;  // "001_tables"
  std::string_view sql;   // statements that end in ;\n
};

const std::vector<Migration>& migrations();

struct Migrated {
  std::vector<std::string> applied;  // names, none if all had been applied before
  bool enforces_cap = true;          // false: the server lets row N+1 through (MySQL before 8.0.16)
};

// Applies what is missing, then proves on this server that slot 0, slot N+1, a taken slot and a
// second coupon for a user are refused; what the proof writes is rolled back. Throws core::Failure:
// usage if the database holds a coupon table that is not ours (it is left untouched) or the
// settings make no promise possible (innodb_flush_log_at_trx_commit other than 1, not InnoDB);
// `allow_unsafe` turns the latter into a result.
Migrated migrate(const mysql::Address& address, bool allow_unsafe, const Waits& waits = {});

// What a promise rests on: a server that keeps what is committed, and tables that refuse what must
// not be written. Tried anew, whatever a migration found. Throws core::Failure: usage; unreachable
// if somebody's locks do not end.
void require_promise(mysql::Connection& connection, const Waits& waits = {});

// Throws core::Failure(usage) with the command to run unless every migration has been applied.
void require_schema(mysql::Connection& connection);

// connect() and require_schema(): throws core::Failure with what to do.
mysql::Connection open(const mysql::Address& address);
// And a server that may be written to: core::Failure(unreachable) if it is read-only.
mysql::Connection open_to_write(const mysql::Address& address);

}  // namespace couponctl::ledger
