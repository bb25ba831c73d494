#include "couponctl/bench_servers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
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
using stack::Server;

bool requires_server(const BenchServersWish& wish, std::string_view server) {
  return std::ranges::find(wish.required, server) != wish.required.end();
}

constexpr Server all_servers[] = {Server::redis, Server::kafka, Server::mysql};

const servers::Presence::Server& found_of(const servers::Presence& presence, Server server) {
  switch (server) {
    case Server::redis:
      return presence.redis;
    case Server::kafka:
      return presence.kafka;
    case Server::mysql:
      break;
  }
  return presence.mysql;
}

std::string where(const servers::Servers& servers, Server server) {
  switch (server) {
    case Server::redis:
      return servers.redis.where();
    case Server::kafka:
      return servers.kafka.brokers;
    case Server::mysql:
      break;
  }
  return servers.mysql.where();
}

bool was_named(const Context& context, Server server) {
  return context.origin(stack::name(server)).source != Source::initial;
}

bool is_needed(const BenchServersWish& wish, Server server) {
  if (requires_server(wish, stack::name(server))) return true;
  switch (server) {
    case Server::redis:
      return wish.needs.redis;
    case Server::kafka:
      return wish.needs.kafka || requires_server(wish, "real-kafka");
    case Server::mysql:
      break;
  }
  return wish.needs.mysql;
}

std::vector<Server> servers_to_start(const BenchServersWish& wish,
                                     const servers::Presence& presence, const Context& context) {
  std::vector<Server> started;
  for (const auto server : all_servers)
    if (is_needed(wish, server) && !found_of(presence, server).answers &&
        !was_named(context, server))
      started.push_back(server);
  return started;
}

void say_what_is_used(const BenchServers& found, const BenchServersWish& wish,
                      const Context& context) {
  std::vector<std::string_view> missing;
  for (const auto server : all_servers) {
    const auto& [answers, version, reason] = found_of(found.presence, server);
    if (std::ranges::find(found.of_own, server) != found.of_own.end())
      missing.push_back(stack::name(server));
    else if (answers && is_needed(wish, server))
      context.note(fmt::format("{} {} answers at {} and is used.", stack::name(server), version,
                               where(found.servers, server)));
  }
  context.note(
      fmt::format("Not named, and no answer at the default address: {}. Starting private "
                  "ones (--private-stack never prevents it).",
                  fmt::join(missing, ", ")));
}

void start_private_stack(BenchServers& found, const BenchServersWish& wish, const Context& context,
                         const std::stop_token& stop) {
  found.directory =
      std::filesystem::temp_directory_path() / fmt::format("couponctl-bench-{}", ::getpid());
  found.own = stack::Stack::start(
      {.directory = found.directory,
       .real_kafka_required = requires_server(wish, "real-kafka"),
       .servers = found.of_own},
      [&](std::string_view line) { context.note(std::string(line)); }, stop);
  const auto own = servers_of(found.own->addresses());
  for (const auto server : found.of_own) {
    if (server == Server::redis) found.servers.redis = own.redis;
    if (server == Server::kafka) found.servers.kafka = own.kafka;
    if (server == Server::mysql) found.servers.mysql = own.mysql;
  }
}

BenchServers look_around(const BenchServersWish& wish, const Context& context,
                         const std::stop_token& stop) {
  BenchServers found;
  found.servers = context.globals.servers();
  if (wish.private_stack == "always") {
    found.of_own.assign(std::begin(all_servers), std::end(all_servers));
  } else {
    if (!was_named(context, Server::mysql)) found.servers.mysql.port = wish.mysql_port;
    found.presence = servers::probe(found.servers);
    if (wish.private_stack != "never")
      found.of_own = servers_to_start(wish, found.presence, context);
    if (found.of_own.empty()) return found;
    say_what_is_used(found, wish, context);
  }
  start_private_stack(found, wish, context, stop);
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
  for (const auto server : all_servers)
    if (const auto& found = found_of(presence, server); !found.answers)
      (was_named(context, server) ? named : by_default).push_back(found.reason);
  named.insert(named.end(), by_default.begin(), by_default.end());
  return fmt::format("{}", fmt::join(named, "; "));
}

std::string described(const BenchServers& found, Server server) {
  const auto& [answers, version, reason] = found_of(found.presence, server);
  if (!answers) return "none (" + reason + ")";
  const bool is_own = std::ranges::find(found.of_own, server) != found.of_own.end();
  return version + " at " + where(found.servers, server) + (is_own ? ", private" : "");
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
  return {{"redis", described(found, Server::redis)},
          {"kafka", described(found, Server::kafka)},
          {"mysql", described(found, Server::mysql)},
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
