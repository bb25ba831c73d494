#include "race/cost.h"

#include <fmt/format.h>

namespace couponctl::race {

using core::Server;

std::optional<std::int64_t> connections_to(mysql::Connection& server, const std::string& database) {
  const auto counted = server.query_integer(
      fmt::format("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = '{}'", database));
  return counted ? std::optional(*counted) : std::nullopt;
}

core::CommandHook* CostMeter::hook() {
  const std::scoped_lock lock(mutex_);
  return counters_.emplace_back(std::make_unique<core::CommandCounter>()).get();
}

void CostMeter::begin() {
  sql_before_ = count(Server::mysql);
  redis_before_ = count(Server::redis);
  connections_.reset();
}

Cost CostMeter::of(std::int64_t requests) const {
  const auto each = [&](std::int64_t commands) {
    return requests == 0 ? 0 : static_cast<double>(commands) / static_cast<double>(requests);
  };
  return {each(count(Server::mysql) - sql_before_), each(count(Server::redis) - redis_before_),
          connections_};
}

std::int64_t CostMeter::count(Server server) const {
  const std::scoped_lock lock(mutex_);
  std::int64_t sum = 0;
  for (const auto& counter : counters_) sum += counter->count(server);
  return sum;
}

}  // namespace couponctl::race
