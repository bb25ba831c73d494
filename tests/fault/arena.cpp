#include "fault/arena.h"

#include <fmt/format.h>

#include "core/failure.h"
#include "kafka/admin.h"

namespace couponctl::fault {
namespace {

using core::Exit;
using core::or_throw;
using stack::Server;

}  // namespace

Arena::Arena(const std::filesystem::path& supervisor, const std::filesystem::path& directory)
    : directory_(directory),
      servers_(stack::Stack::start(
          {.directory = directory, .supervisor = supervisor, .real_kafka_required = true},
          [](std::string_view) {})),
      redis_(servers_.addresses().redis),
      database_(servers_.addresses().mysql) {
  auto connection = connect_database();
  for (const auto& statement :
       {fmt::format("CREATE USER {}@'%'", user),
        fmt::format("GRANT ALL PRIVILEGES ON `trial\\_%`.* TO {}@'%'", user)})
    or_throw(connection.execute(statement), Exit::runtime);
}

Whereabouts Arena::begin(int partitions) {
  const auto name = fmt::format("trial_{}", ++trials_);
  auto redis = connect_redis();
  or_throw(redis.command({"CONFIG", "SET", "appendfsync", "always"}), Exit::runtime);
  or_throw(redis.command({"FLUSHALL"}), Exit::runtime);
  redis_log_begin_ = std::filesystem::file_size(redis_log());
  auto connection = connect_database();
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
  static_cast<void>(connect_database().execute("DROP DATABASE " + trial.mysql.database));
  static_cast<void>(kafka::Admin(brokers()).delete_topic(trial.topic));
}

void Arena::mend() {
  redis_.pass();
  database_.pass();
  database_.cut_commit(test::Proxy::Cut::before, 0);
  for (const auto server : {Server::redis, Server::mysql, Server::kafka}) {
    if (servers_.pid(server) == 0) start(server);
    or_throw(servers_.resume(server), Exit::unreachable);
  }
  set_read_only(false);
}

void Arena::kill(Server server) { or_throw(servers_.kill(server), Exit::runtime); }
void Arena::terminate(Server server) { or_throw(servers_.stop(server), Exit::runtime); }

// Redis forgets with its restart how careful it was told to be.
void Arena::start(Server server) {
  or_throw(servers_.start(server), Exit::unreachable);
  if (server == Server::redis)
    or_throw(connect_redis().command({"CONFIG", "SET", "appendfsync", "always"}), Exit::runtime);
}

bool Arena::cut_redis_log(int percent) {
  const auto log = redis_log();
  const auto size = std::filesystem::file_size(log);
  if (size <= redis_log_begin_) return false;
  const auto cut = (size - redis_log_begin_) * static_cast<std::uintmax_t>(percent) / 100;
  std::filesystem::resize_file(log, size - cut);
  return cut > 0;
}

void Arena::set_read_only(bool read_only) {
  or_throw(connect_database().execute(fmt::format("SET GLOBAL read_only = {}", read_only ? 1 : 0)),
           Exit::runtime);
}

redis::Client Arena::connect_redis() const {
  redis::Address address;
  address.port = servers_.addresses().redis.port;
  return or_throw(redis::Client::connect(address), Exit::unreachable);
}

mysql::Connection Arena::connect_database() const {
  mysql::Address address;
  address.port = servers_.addresses().mysql.port;
  address.user = servers_.addresses().mysql_user;
  return or_throw(mysql::Connection::connect(address), Exit::unreachable);
}

// Since version 7 it is several files, of which the last one grows.
std::filesystem::path Arena::redis_log() const {
  std::filesystem::path newest;
  for (const auto& entry :
       std::filesystem::directory_iterator(directory_ / "redis" / "appendonlydir"))
    if (entry.path().native().ends_with(".incr.aof") && entry.path() > newest)
      newest = entry.path();
  return newest;
}

}  // namespace couponctl::fault
