#include "servers/probe.h"

#include "servers/connect.h"

namespace couponctl::servers {
namespace {

// Long enough for a broker on the way up, short enough to wait for at every start of bench.
constexpr auto kafka_probe_max = std::chrono::milliseconds(2500);

Presence::Server silent(const auto& address, const core::Error& error) {
  return {.answers = false, .version = "", .reason = cannot_connect(address, error).what()};
}

Presence::Server answering(const std::string& version) {
  return {.answers = true, .version = version, .reason = ""};
}

Presence::Server probe_redis(const redis::Address& address) {
  auto client = redis::Client::connect(address);
  if (!client) return silent(address, client.error());
  const auto version = client->info("server", "redis_version");
  return version ? answering(*version) : silent(address, version.error());
}

Presence::Server probe_mysql(mysql::Address address) {
  address.database.clear();
  auto connection = mysql::Connection::connect(address);
  if (!connection) return silent(address, connection.error());
  const auto rows = connection->query("SELECT VERSION()");
  return rows ? answering(rows->at(0).at(0).value_or("")) : silent(address, rows.error());
}

}  // namespace

Presence probe(const Servers& servers) {
  Presence presence;
  presence.redis = probe_redis(servers.redis);
  presence.mysql = probe_mysql(servers.mysql);
  const auto cluster = kafka::cluster_id(servers.kafka, kafka_probe_max);
  presence.kafka.answers = static_cast<bool>(cluster);
  if (!cluster) presence.kafka.reason = cannot_connect(servers.kafka, cluster.error()).what();
  if (cluster) presence.kafka_is_mock = kafka::is_mock_cluster(*cluster);
  presence.kafka.version = presence.kafka_is_mock ? "librdkafka mock broker" : "broker";
  return presence;
}

}  // namespace couponctl::servers
