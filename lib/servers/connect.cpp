#include "servers/connect.h"

#include <fmt/format.h>

#include "mysql/errors.h"
#include "servers/exit.h"

namespace couponctl::servers {
namespace {

using core::Exit;
using core::Failure;

constexpr int unknown_database = 1049;

struct Server {
  const char* name;
  std::string where;
  const char* option;
  const char* variable;
};

Failure failure_of(const Server& server, const core::Error& error) {
  const auto& [name, where, option, variable] = server;
  if (exit_of(error) == Exit::usage)
    return {Exit::usage, error.text,
            fmt::format("Set --{0} / COUPONCTL_{1} and --{0}-password-file / "
                        "COUPONCTL_{1}_PASSWORD to a user with its rights",
                        option, variable)};
  // The client names itself and the place before the cause.
  const auto place = fmt::format("{} {}: ", option, where);
  const auto cause = error.text.substr(error.text.starts_with(place) ? place.size() : 0);
  return {Exit::unreachable, cannot_reach(name, where, cause),
          fmt::format("Start it with \"couponctl stack up\", or set --{} / COUPONCTL_{}", option,
                      variable)};
}

}  // namespace

Failure cannot_connect(const redis::Address& address, const core::Error& error) {
  return failure_of({"Redis", address.where(), "redis", "REDIS"}, error);
}

Failure cannot_connect(const kafka::Cluster& cluster, const core::Error& error) {
  return failure_of({"Kafka", cluster.brokers, "kafka", "KAFKA"}, error);
}

Failure cannot_connect(const mysql::Address& address, const core::Error& error) {
  if (mysql::is(error, unknown_database))
    return {Exit::usage, error.text, "Run \"couponctl migrate\", or set --mysql / COUPONCTL_MYSQL"};
  return failure_of({"MySQL", address.where(), "mysql", "MYSQL"}, error);
}

redis::Client connect(const redis::Address& address) {
  auto client = connected(redis::Client::connect(address), address);
  // Only a command tells whether a password was asked for.
  connected(client.command({"PING"}), address);
  return client;
}

}  // namespace couponctl::servers
