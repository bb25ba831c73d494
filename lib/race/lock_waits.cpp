#include "race/lock_waits.h"

#include <algorithm>
#include <thread>

#include "core/failure.h"

namespace couponctl::race {
namespace {

using core::Exit;
using core::or_throw;

constexpr std::chrono::milliseconds remembered_for{101};

constexpr const char* statements_that_wait =
    "SELECT trx_query FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'";
constexpr const char* need =
    "To see who waits for a lock the user needs the right PROCESS: GRANT PROCESS ON *.* TO …";

}  // namespace

LockWaits::LockWaits(const mysql::Address& server)
    : connection_(or_throw(mysql::Connection::connect(server), Exit::unreachable)) {
  or_throw(connection_.query(statements_that_wait), Exit::unreachable, need);
  asked_at_ = std::chrono::steady_clock::now();
}

bool LockWaits::waits(std::string_view statement) {
  std::this_thread::sleep_until(asked_at_ + remembered_for);
  const auto rows = or_throw(connection_.query(statements_that_wait), Exit::unreachable, need);
  asked_at_ = std::chrono::steady_clock::now();
  return std::ranges::any_of(rows, [&](const auto& row) { return row.at(0) == statement; });
}

}  // namespace couponctl::race
