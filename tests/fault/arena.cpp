#include "fault/arena.h"

#include <fmt/format.h>

#include "core/failure.h"
#include "kafka/admin.h"

namespace couponctl::fault {
namespace {

using core::Exit;
using core::or_throw;

}  // namespace

Arena::Arena(const std::filesystem::path& supervisor, const std::filesystem::path& directory)
    : servers_(stack::Stack::start(
          {.directory = directory, .supervisor = supervisor, .real_kafka_required = true},
          [](std::string_view) {})),
      injector_(servers_, directory) {
  auto connection = injector_.connect_database();
  for (const auto& statement :
       {fmt::format("CREATE USER {}@'%'", user),
        fmt::format("GRANT ALL PRIVILEGES ON `trial\\_%`.* TO {}@'%'", user)})
    or_throw(connection.execute(statement), Exit::runtime);
}

Whereabouts Arena::begin(int partitions) {
  const auto name = fmt::format("trial_{}", ++trials_);
  or_throw(injector_.connect_redis().command({"FLUSHALL"}), Exit::runtime);
  injector_.keep_what_redis_knows();
  auto connection = injector_.connect_database();
  or_throw(connection.execute("CREATE DATABASE " + name), Exit::runtime);
  or_throw(kafka::Admin(brokers()).create_topic(name, partitions), Exit::unreachable);
  const auto& addresses = servers_.addresses();
  Whereabouts where{.redis = {}, .mysql = {}, .kafka = brokers(), .topic = name, .campaign = name};
  where.redis.port = addresses.redis.port;
  where.mysql.port = addresses.mysql.port;
  where.mysql.user = addresses.mysql_user;
  where.mysql.database = name;
  return where;
}

void Arena::end(const Whereabouts& trial) {
  static_cast<void>(injector_.connect_database().execute("DROP DATABASE " + trial.mysql.database));
  static_cast<void>(kafka::Admin(brokers()).delete_topic(trial.topic));
}

}  // namespace couponctl::fault
