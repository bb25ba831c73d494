// Whether the tables and the server are such that the ledger can keep its promise.
#pragma once

#include "mysql/connection.h"

namespace couponctl::ledger {

// Each throws core::Failure(usage) that names the table or the variable.

// The tables are there, on InnoDB, with the columns and the unique keys that the ledger needs.
void require_tables(mysql::Connection& connection);

// What is committed stays, and values that do not fit are refused, for every session.
void require_durable_server(mysql::Connection& connection);

// Tries on this server what must be refused, and rolls it back. false: slot N+1 is let through.
bool prove_refusals(mysql::Connection& connection);

}  // namespace couponctl::ledger
