#include "ledger/named_lock.h"

#include <fmt/format.h>

#include "ledger/sql.h"

namespace couponctl::ledger {

// The server has one set of names for all databases, and 64 characters for each.
NamedLock::NamedLock(mysql::Connection& connection, const std::string& name,
                     std::chrono::seconds wait, const core::Failure& taken)
    : connection_(connection),
      name_(
          fmt::format("CONCAT('couponctl:', MD5(CONCAT(DATABASE(), ':', {})))", sql::text(name))) {
  const auto got = core::or_throw(
      connection_.query_integer(fmt::format("SELECT GET_LOCK({}, {})", name_, wait.count())),
      core::Exit::runtime);
  if (got != 1) throw taken;
}

NamedLock::~NamedLock() { connection_.execute_last(fmt::format("SELECT RELEASE_LOCK({})", name_)); }

}  // namespace couponctl::ledger
