// What a design costs the servers: how many commands it sends for a request.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/command_hook.h"
#include "mysql/connection.h"

namespace couponctl::race {

// Those of whoever works in the background among them.
struct Cost {
  double sql_statements = 0;  // per request
  double redis_commands = 0;
  // To the database, while the requests are made.
  std::optional<std::int64_t> connections = std::nullopt;
};

// How many connections the server has that use this database; nullopt: it does not say.
std::optional<std::int64_t> connections_to(mysql::Connection& server, const std::string& database);

// Counts what its hooks hear of. They live as long as this.
class CostMeter {
 public:
  core::CommandHook* hook();

  // From now on it counts from 0.
  void begin();
  // So many connections to the database were seen; nullopt: nobody can tell.
  void saw_connections(std::optional<std::int64_t> connections) { connections_ = connections; }
  Cost of(std::int64_t requests) const;

 private:
  std::int64_t count(core::Server server) const;

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<core::CommandCounter>> counters_;
  std::int64_t sql_before_ = 0, redis_before_ = 0;
  std::optional<std::int64_t> connections_;
};

}  // namespace couponctl::race
