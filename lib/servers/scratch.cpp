#include "servers/scratch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <random>

#include "kafka/admin.h"
#include "mysql/errors.h"
#include "redis/client.h"

namespace couponctl::servers {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t number_digits = 8;
constexpr milliseconds broker_answers_within{5000};
constexpr std::chrono::seconds sweep_each_within{10};
constexpr int unknown_table = 1146;

// "<prefix><number>" of a name <prefix><number>_…; "" if it is another name.
std::string_view stem_of(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return "";
  const auto number = name.substr(prefix.size(), number_digits);
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  const auto stem = name.substr(0, prefix.size() + number.size());
  const bool whole = number.size() == number_digits && name.substr(stem.size()).starts_with('_');
  return whole && std::ranges::all_of(number, is_hex) ? stem : std::string_view();
}

Result<mysql::Connection> connect_to_server(mysql::Address server) {
  server.database.clear();
  return mysql::Connection::connect(server);
}

std::string_view kind_of(Belonging kind) {
  return kind == Belonging::redis_key ? "redis key" : "kafka topic";
}

Result<std::vector<std::string>> noted(mysql::Connection& server, const std::string& scratch,
                                       Belonging kind) {
  const auto rows = server.query(
      fmt::format("SELECT name FROM `{}`.belongings WHERE kind = '{}'", scratch, kind_of(kind)));
  std::vector<std::string> names;
  if (!rows && mysql::is(rows.error(), unknown_table)) return names;
  if (!rows) return rows.error();
  for (const auto& row : *rows) names.push_back(row.at(0).value_or(""));
  return names;
}

Result<void> delete_topics(const kafka::Cluster& brokers, const std::vector<std::string>& topics,
                           Clock::time_point deadline) {
  if (topics.empty()) return {};
  const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
  if (left <= milliseconds(0))
    return Error{Fault::timeout, {}, "kafka: no time was left to delete the topic"};
  kafka::Admin admin(brokers, std::min(left, broker_answers_within));
  for (const auto& topic : topics)
    if (const auto deleted = admin.delete_topic(topic); !deleted) return deleted.error();
  return {};
}

Result<std::vector<std::string>> find_unused(const mysql::Address& address,
                                             std::string_view prefix) {
  auto server = connect_to_server(address);
  if (!server) return server.error();
  const auto databases = server->query("SHOW DATABASES");
  if (!databases) return databases.error();
  std::vector<std::string> unused;
  for (const auto& row : *databases) {
    const auto& name = row.at(0).value_or("");
    const auto stem = stem_of(name, prefix);
    if (stem.empty()) continue;
    const auto is_free = server->query_integer(fmt::format("SELECT IS_FREE_LOCK('{}')", stem));
    if (!is_free) return is_free.error();
    if (*is_free == 1) unused.push_back(name);
  }
  return unused;
}

}  // namespace

Result<ScratchNumber> ScratchNumber::claim(const mysql::Address& server, std::string prefix) {
  auto connection = connect_to_server(server);
  if (!connection) return connection.error();
  // The server must not take the lock's connection for idle while the work goes on.
  if (auto set = connection->execute("SET SESSION wait_timeout = 2147483"); !set)
    return set.error();
  std::random_device entropy;
  const auto stem = fmt::format("{}{:08x}", prefix, entropy());
  const auto locked = connection->query_integer(fmt::format("SELECT GET_LOCK('{}', 0)", stem));
  if (!locked) return locked.error();
  if (*locked != 1)
    return Error{Fault::refused, {}, fmt::format("mysql: {} is in use; start it again", stem)};
  return ScratchNumber(stem, *std::move(connection));
}

std::string ScratchNumber::name(std::string_view suffix) const {
  auto name = fmt::format("{}_{}", stem_, suffix);
  std::ranges::replace(name, '-', '_');
  return name;
}

Result<void> make_scratch(const mysql::Address& address, const std::string& name) {
  auto server = connect_to_server(address);
  if (!server) return server.error();
  if (auto made = server->execute(fmt::format("CREATE DATABASE `{}`", name)); !made)
    return made.error();
  auto made = server->execute(
      fmt::format("CREATE TABLE `{}`.belongings (kind VARCHAR(16) NOT NULL, name VARCHAR(191) NOT "
                  "NULL, PRIMARY KEY (kind, name))",
                  name));
  if (!made) return made.error();
  return {};
}

// Names are ours: letters, digits and "_:-{}".
Result<void> note_belongings(const mysql::Address& address, const std::string& scratch,
                             Belonging kind, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  auto server = connect_to_server(address);
  if (!server) return server.error();
  std::vector<std::string> rows;
  for (const auto& name : names) rows.push_back(fmt::format("('{}', '{}')", kind_of(kind), name));
  const auto noted = server->execute(
      fmt::format("REPLACE INTO `{}`.belongings VALUES {}", scratch, fmt::join(rows, ", ")));
  if (!noted) return noted.error();
  return {};
}

Result<void> unlink_keys(const redis::Address& address, const std::vector<std::string>& keys) {
  if (keys.empty()) return {};
  auto client = redis::Client::connect(address);
  if (!client) return client.error();
  std::vector<std::string_view> words{"UNLINK"};
  words.insert(words.end(), keys.begin(), keys.end());
  if (const auto removed = client->command(words); !removed) return removed.error();
  return {};
}

Result<void> drop_scratch(const Servers& servers, const std::string& name,
                          Clock::time_point deadline) {
  auto server = connect_to_server(servers.mysql);
  if (!server) return server.error();
  const auto topics = noted(*server, name, Belonging::kafka_topic);
  if (!topics) return topics.error();
  const auto keys = noted(*server, name, Belonging::redis_key);
  if (!keys) return keys.error();
  if (auto done = delete_topics(servers.kafka, *topics, deadline); !done) return done;
  if (auto done = unlink_keys(servers.redis, *keys); !done) return done;
  const auto dropped = server->execute(fmt::format("DROP DATABASE IF EXISTS `{}`", name));
  if (!dropped) return dropped.error();
  return {};
}

std::vector<std::string> sweep_scratch(const Servers& servers, std::string_view prefix) {
  const auto unused = find_unused(servers.mysql, prefix);
  if (!unused) return {"what was left by one that ended early: " + unused.error().text};
  std::vector<std::string> notes;
  for (const auto& name : *unused) {
    const auto dropped = drop_scratch(servers, name, Clock::now() + sweep_each_within);
    notes.push_back(dropped ? fmt::format("{}, left by one that ended early, was removed", name)
                            : fmt::format("{}, left by one that ended early, was not removed: {}",
                                          name, dropped.error().text));
  }
  return notes;
}

}  // namespace couponctl::servers
