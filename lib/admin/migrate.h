// Makes a database ready for the ledger: for `migrate` and for the private stack.
#pragma once

#include "ledger/schema.h"

namespace couponctl::admin {

// Creates the database that the address names if it is missing, then ledger::migrate().
ledger::Migrated migrate(const mysql::Address& address, bool allow_unsafe,
                         const ledger::Waits& waits = {});

}  // namespace couponctl::admin
