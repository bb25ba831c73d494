#include "couponctl/connect.h"

#include <fmt/format.h>

#include "couponctl/backends.h"
#include "issuance/stores.h"
#include "ledger/schema.h"

namespace couponctl::cmd {
namespace {

using core::Exit;
using core::Failure;

constexpr int unknown_database = 1049;

}  // namespace

Failure cannot_connect(std::string_view server, const core::Error& error) {
  const bool redis = server == "Redis";
  const std::string flag = redis ? "redis" : "mysql";
  const std::string variable = redis ? "REDIS" : "MYSQL";
  const auto exit = issuance::exit_of(error);
  if (exit != Exit::unreachable)
    return {exit, error.text,
            fmt::format("Set --{0} / COUPONCTL_{1} and --{0}-password-file / "
                        "COUPONCTL_{1}_PASSWORD to a user with its rights",
                        flag, variable)};
  return {exit, fmt::format("cannot reach {}: {}", server, error.text),
          fmt::format("Start it with \"couponctl stack up\", or set --{} / COUPONCTL_{}", flag,
                      variable)};
}

redis::Client connect_redis(const Globals& globals) {
  auto client = redis::Client::connect(backends_of(globals).redis);
  if (!client) throw cannot_connect("Redis", client.error());
  // Only a command tells whether a password was asked for.
  if (const auto reply = client->command({"PING"}); !reply)
    throw cannot_connect("Redis", reply.error());
  return *std::move(client);
}

mysql::Connection connect_ledger(const Globals& globals) {
  auto connection = ledger::connect(backends_of(globals).mysql);
  if (!connection && connection.error().code == unknown_database)
    throw Failure(Exit::usage, connection.error().text, "Run \"couponctl migrate\"");
  if (!connection) throw cannot_connect("MySQL", connection.error());
  ledger::require_schema(*connection);
  return *std::move(connection);
}

issuance::Topic topic_of(const Globals& globals) { return {globals.kafka, globals.topic}; }

}  // namespace couponctl::cmd
