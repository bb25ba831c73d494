#include "strategies/scratch_area.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/failure.h"
#include "kafka/admin.h"
#include "mysql/errors.h"
#include "redis/client.h"

namespace couponctl::strategies {
namespace {

using core::Error;
using core::Exit;
using core::or_throw;
using core::Result;
using std::chrono::milliseconds;

constexpr std::string_view redis_key = "redis key";
constexpr std::string_view kafka_topic = "kafka topic";
constexpr milliseconds broker_answers_within{5000};
constexpr int unknown_table = 1146;

// Names are ours: letters, digits, '_', ':' and '-'.
std::string quoted(std::string_view name) { return fmt::format("'{}'", name); }

Result<std::vector<std::string>> noted(mysql::Connection& connection, const std::string& database,
                                       std::string_view kind) {
  const auto rows = connection.query(
      fmt::format("SELECT name FROM `{}`.belongings WHERE kind = '{}'", database, kind));
  std::vector<std::string> names;
  if (!rows && mysql::is(rows.error(), unknown_table)) return names;
  if (!rows) return rows.error();
  for (const auto& row : *rows) names.push_back(row.at(0).value_or(""));
  return names;
}

Result<void> unlink(const redis::Address& address, const std::vector<std::string>& keys) {
  if (keys.empty()) return {};
  auto client = redis::Client::connect(address);
  if (!client) return client.error();
  std::vector<std::string_view> words{"UNLINK"};
  words.insert(words.end(), keys.begin(), keys.end());
  if (const auto removed = client->command(words); !removed) return removed.error();
  return {};
}

Result<void> delete_topics(const kafka::Cluster& brokers, const std::vector<std::string>& topics,
                           load::Clock::time_point deadline) {
  if (topics.empty()) return {};
  const auto left = std::chrono::ceil<milliseconds>(deadline - load::Clock::now());
  if (left <= milliseconds(0))
    return Error{core::Fault::timeout, {}, "kafka: no time was left to delete the topic"};
  kafka::Admin admin(brokers, std::min(left, broker_answers_within));
  for (const auto& topic : topics)
    if (const auto deleted = admin.delete_topic(topic); !deleted) return deleted.error();
  return {};
}

}  // namespace

mysql::Connection connect(const mysql::Address& address) {
  return or_throw(mysql::Connection::connect(address), Exit::unreachable,
                  "Set --mysql, or lower --threads if the server has no connection left");
}

ScratchArea::ScratchArea(const Scratch& scratch) : scratch_(scratch) {
  auto server = scratch.servers.mysql;
  server.database.clear();
  auto connection = connect(server);
  or_throw(connection.execute(fmt::format("CREATE DATABASE `{}`", scratch.name)), Exit::runtime,
           "The bench needs the right to create and drop databases named couponctl_bench_*");
  or_throw(connection.execute(
               fmt::format("CREATE TABLE `{}`.belongings (kind VARCHAR(16) NOT NULL, name "
                           "VARCHAR(191) NOT NULL, PRIMARY KEY (kind, name))",
                           scratch.name)),
           Exit::runtime);
}

void ScratchArea::make_tables(const Scratch& scratch) {
  auto connection = connect(scratch.database());
  if (tables_of_run_ >= 0) {
    auto old = scratch;
    old.run = tables_of_run_;
    or_throw(connection.execute(
                 fmt::format("DROP TABLE IF EXISTS {}, {}", old.coupons(), old.failed_events())),
             Exit::runtime);
  }
  for (const auto& table : {scratch.coupons(), scratch.failed_events()})
    or_throw(connection.execute(fmt::format("CREATE TABLE {} (id BIGINT AUTO_INCREMENT PRIMARY "
                                            "KEY, user_id BIGINT NOT NULL)",
                                            table)),
             Exit::runtime);
  tables_of_run_ = scratch.run;
}

void ScratchArea::note_keys(const Scratch& scratch, const std::vector<std::string>& keys) {
  for (const auto& key : keys) note(redis_key, key);
  or_throw(unlink(scratch.servers.redis, keys_), Exit::runtime);
  keys_ = keys;
}

void ScratchArea::make_topic() {
  note(kafka_topic, scratch_.name);
  or_throw(kafka::Admin(scratch_.servers.kafka).create_topic(scratch_.name, scratch_partitions),
           Exit::unreachable,
           "The bench needs the right to create and delete topics named couponctl_bench_*");
}

void ScratchArea::note(std::string_view kind, std::string_view name) {
  or_throw(connect(scratch_.database())
               .execute(fmt::format("REPLACE INTO belongings VALUES ({}, {})", quoted(kind),
                                    quoted(name))),
           Exit::runtime);
}

Result<void> drop_scratch(const servers::Servers& servers, const std::string& name,
                          load::Clock::time_point deadline) {
  auto server = servers.mysql;
  server.database.clear();
  auto connection = mysql::Connection::connect(server);
  if (!connection) return connection.error();
  const auto topics = noted(*connection, name, kafka_topic);
  if (!topics) return topics.error();
  const auto keys = noted(*connection, name, redis_key);
  if (!keys) return keys.error();
  if (auto done = delete_topics(servers.kafka, *topics, deadline); !done) return done;
  if (auto done = unlink(servers.redis, *keys); !done) return done;
  const auto dropped = connection->execute(fmt::format("DROP DATABASE IF EXISTS `{}`", name));
  if (!dropped) return dropped.error();
  return {};
}

}  // namespace couponctl::strategies
