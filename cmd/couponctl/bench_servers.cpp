#include "couponctl/bench_servers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "core/parse.h"

namespace couponctl::cmd {
namespace {

using cli::Context;
using cli::Source;
using core::Exit;
using core::Failure;

bool requires_server(const BenchServersWish& wish, std::string_view server) {
  return std::ranges::find(wish.required, server) != wish.required.end();
}

bool server_was_named(const Context& context) {
  return std::ranges::any_of(
      std::initializer_list<const char*>{"redis", "kafka", "mysql"},
      [&](const char* option) { return context.origin(option).source != Source::initial; });
}

stack::Stack private_stack(const std::filesystem::path& directory, const BenchServersWish& wish,
                           const Context& context, const std::stop_token& stop) {
  return stack::Stack::start(
      {.directory = directory, .real_kafka_required = requires_server(wish, "real-kafka")},
      [&](std::string_view line) { context.note(std::string(line)); }, stop);
}

BenchServers look_around(const BenchServersWish& wish, const Context& context,
                         const std::stop_token& stop) {
  BenchServers found;
  if (wish.private_stack != "always") {
    found.servers = context.globals.servers();
    if (context.origin("mysql").source == Source::initial)
      found.servers.mysql.port = wish.mysql_port;
    found.presence = servers::probe(found.servers);
    if (wish.private_stack == "never" || server_was_named(context) || found.presence.any())
      return found;
    context.note(
        "No server answers at the default addresses and none was named: starting a private "
        "stack (--private-stack never prevents it).");
  }
  found.directory =
      std::filesystem::temp_directory_path() / fmt::format("couponctl-bench-{}", ::getpid());
  found.own = private_stack(found.directory, wish, context, stop);
  found.servers = servers_of(found.own->addresses());
  found.presence = servers::probe(found.servers);
  return found;
}

void check_required(const BenchServersWish& wish, const servers::Presence& presence) {
  struct Demand {
    const char* server;
    const servers::Presence::Server& found;
    const char* variable;
  };
  const Demand demands[] = {{"redis", presence.redis, "COUPONCTL_REDIS"},
                            {"kafka", presence.kafka, "COUPONCTL_KAFKA"},
                            {"mysql", presence.mysql, "COUPONCTL_MYSQL"}};
  for (const auto& [server, found, variable] : demands)
    if (requires_server(wish, server) && !found.answers)
      throw Failure(
          Exit::unreachable, found.reason,
          fmt::format("Start it, set --{0} / {1}, or drop --require {0}", server, variable));
  if (!requires_server(wish, "real-kafka")) return;
  const std::string hint =
      "Name a real broker with --kafka, or install Java and Maven for the private one";
  if (!presence.kafka.answers) throw Failure(Exit::unreachable, presence.kafka.reason, hint);
  if (presence.kafka_is_mock)
    throw Failure(Exit::unreachable, "kafka is librdkafka's mock broker, not a real one", hint);
}

// Why the servers that are missing do not answer: first those that were named, since they are
// meant.
std::string silence(const servers::Presence& presence, const Context& context) {
  std::vector<std::string> named;
  std::vector<std::string> by_default;
  const auto add = [&](const char* option, const servers::Presence::Server& server) {
    if (server.answers) return;
    const bool was_named = context.origin(option).source != cli::Source::initial;
    (was_named ? named : by_default).push_back(server.reason);
  };
  add("redis", presence.redis);
  add("kafka", presence.kafka);
  add("mysql", presence.mysql);
  named.insert(named.end(), by_default.begin(), by_default.end());
  return fmt::format("{}", fmt::join(named, "; "));
}

std::string described(const servers::Presence::Server& server, const std::string& where) {
  return server.answers ? server.version + " at " + where : "none (" + server.reason + ")";
}

}  // namespace

BenchServers find_bench_servers(const BenchServersWish& wish, const Context& context,
                                const std::stop_token& stop) {
  auto found = look_around(wish, context, stop);
  check_required(wish, found.presence);
  return found;
}

std::vector<std::string> required_server_names() {
  return {"redis", "kafka", "mysql", "real-kafka"};
}

core::Result<void> check_required_server(std::string_view text) {
  const auto chosen = core::parse_choice(text, required_server_names());
  if (!chosen) return chosen.error();
  return {};
}

std::vector<std::pair<std::string, std::string>> environment_of(const BenchServers& found) {
  const auto& [own, directory, servers, presence] = found;
  const std::string whose = own ? ", private" : "";
  return {{"redis", described(presence.redis, servers.redis.where() + whose)},
          {"kafka", described(presence.kafka, servers.kafka.brokers + whose)},
          {"mysql", described(presence.mysql, servers.mysql.where() + whose)},
          {"cpus", std::to_string(std::thread::hardware_concurrency())}};
}

Failure no_design_could_run(const servers::Presence& presence, const Context& context) {
  return {Exit::unreachable, "no design could run: " + silence(presence, context),
          "Start the servers, name them with --redis, --kafka and --mysql, or let this command "
          "start its own: --private-stack always"};
}

servers::Servers servers_of(const stack::Addresses& addresses) {
  return {.redis = {.host = addresses.redis.host, .port = addresses.redis.port},
          .kafka = kafka::Cluster(addresses.kafka.text()),
          .mysql = {.host = addresses.mysql.host,
                    .port = addresses.mysql.port,
                    .user = addresses.mysql_user,
                    .password = addresses.mysql_password,
                    .database = addresses.mysql_database}};
}

}  // namespace couponctl::cmd
