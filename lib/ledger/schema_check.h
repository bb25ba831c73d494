// Whether the tables and the server are such that the ledger can keep its promise.
#pragma once

#include "ledger/schema.h"

namespace couponctl::ledger {

// Where nothing else is said, each throws core::Failure(usage) that names the table or the
// variable.

// The tables are there, on InnoDB, with the columns and the unique keys that the ledger needs.
void require_tables(mysql::Connection& connection);

// What is committed stays, and rows and values that do not fit are refused, for every session that
// does not say otherwise.
void require_durable_server(mysql::Connection& connection);

// It is no replica and no primary that is about to be one: what an administrator wrote there all
// the same would be on no other server. Fault::refused, as the server says it to everybody else.
core::Result<void> check_writable(mysql::Connection& connection);

// Tries on this server what must be refused, and rolls it back; one at a time in a database, since
// all write the same rows. false: slot N+1 is let through. core::Failure(unreachable) if somebody
// holds locks on the tables for as long as this waits, some 15 s.
bool prove_refusals(mysql::Connection& connection, const Waits& waits = {});

}  // namespace couponctl::ledger
