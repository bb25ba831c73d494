#include "couponctl/connect.h"

#include <fmt/format.h>

#include "couponctl/servers.h"
#include "ledger/schema.h"
#include "servers/exit.h"

namespace couponctl::cmd {
namespace {

using cli::Globals;
using core::Exit;
using core::Failure;

constexpr int unknown_database = 1049;

struct Server {
  std::string name;
  std::string where;
  std::string flag;
  std::string variable;
};

Failure cannot_connect(const Server& server, const core::Error& error) {
  const auto& [name, where, flag, variable] = server;
  const auto exit = servers::exit_of(error);
  if (exit != Exit::unreachable)
    return {exit, error.text,
            fmt::format("Set --{0} / COUPONCTL_{1} and --{0}-password-file / "
                        "COUPONCTL_{1}_PASSWORD to a user with its rights",
                        flag, variable)};
  // The client names itself and the place before the cause.
  const auto place = fmt::format("{} {}: ", flag, where);
  const auto cause = error.text.substr(error.text.starts_with(place) ? place.size() : 0);
  return {exit, fmt::format("cannot reach {} at {}: {}", name, where, cause),
          fmt::format("Start it with \"couponctl stack up\", or set --{} / COUPONCTL_{}", flag,
                      variable)};
}

}  // namespace

Failure cannot_connect(const redis::Address& address, const core::Error& error) {
  return cannot_connect({"Redis", address.where(), "redis", "REDIS"}, error);
}

Failure cannot_connect(const mysql::Address& address, const core::Error& error) {
  return cannot_connect({"MySQL", address.where(), "mysql", "MYSQL"}, error);
}

redis::Client connect_redis(const Globals& globals) {
  const auto address = servers_of(globals).redis;
  auto client = redis::Client::connect(address);
  if (!client) throw cannot_connect(address, client.error());
  // Only a command tells whether a password was asked for.
  if (const auto reply = client->command({"PING"}); !reply)
    throw cannot_connect(address, reply.error());
  return *std::move(client);
}

mysql::Connection connect_ledger(const Globals& globals) {
  const auto address = servers_of(globals).mysql;
  auto connection = ledger::connect(address);
  if (!connection && mysql::is(connection.error(), unknown_database))
    throw Failure(Exit::usage, connection.error().text, "Run \"couponctl migrate\"");
  if (!connection) throw cannot_connect(address, connection.error());
  ledger::require_schema(*connection);
  return *std::move(connection);
}

issuance::Topic topic_of(const Globals& globals) { return {globals.cluster(), globals.topic}; }

}  // namespace couponctl::cmd
