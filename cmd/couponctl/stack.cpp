// `couponctl stack`: private throw-away servers to try things on.
#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "admin/migrate.h"
#include "cli/output.h"
#include "couponctl/bench_servers.h"
#include "couponctl/commands.h"
#include "kafka/admin.h"
#include "kafka/mock_broker.h"
#include "process/signals.h"
#include "stack/directory.h"
#include "stack/supervise.h"

namespace couponctl::cmd {
namespace {

using cli::CommandLine;
using cli::Context;
using core::Exit;
using core::Failure;
using core::or_throw;

constexpr int topic_partitions = 3;

struct Options {
  std::string dir;
  bool real_kafka = false;
  bool keep = false;
  std::int64_t owner_fd = -1;  // these three: supervise only
  std::vector<std::string> servers;
  bool detached = false;

  std::filesystem::path directory() const {
    return dir.empty() ? stack::default_directory() : std::filesystem::absolute(dir);
  }
  stack::Options start() const {
    return {.directory = directory(), .real_kafka_required = real_kafka};
  }
};

stack::Progress notes_to(const Context& context) {
  return [&context](std::string_view line) { context.note(std::string(line)); };
}

// What every program expects to be there: the database with its tables, and the topic.
void furnish(const stack::Addresses& addresses, const std::string& topic) {
  const auto servers = servers_of(addresses);
  admin::migrate(servers.mysql, false);
  or_throw(kafka::Admin(servers.kafka).create_topic(topic, topic_partitions), Exit::runtime);
}

// " --dir D", unless it is the one that every command looks at.
std::string dir_option(const Options& options) {
  return options.dir.empty() ? "" : " --dir " + options.directory().string();
}

std::string how_to_use(const Options& options) {
  return fmt::format(
      "Use it:   couponctl bench --threads 32 --requests 1000{}\n"
      "Others:   eval \"$(couponctl stack env{})\"   # REDIS_PORT, KAFKA_PORT, MYSQL_PORT, …\n",
      options.dir.empty() ? ""
                          : " --config " + (options.directory() / stack::settings_name).string(),
      dir_option(options));
}

Failure no_stack(const Options& options) {
  return {Exit::unreachable, "no stack runs in " + options.directory().string(),
          "Start one with \"couponctl stack up\""};
}

void print_addresses(const Context& context, const stack::Addresses& addresses) {
  report::Table table({{"SERVER"}, {"ADDRESS"}});
  nlohmann::ordered_json json{{"kafka_is_mock", addresses.kafka_is_mock}};
  const auto add = [&](stack::Server server, const core::HostPort& address) {
    const bool mock = server == stack::Server::kafka && addresses.kafka_is_mock;
    const std::string server_name(stack::name(server));
    table.add({server_name, address.text() + (mock ? "  (librdkafka mock broker)" : "")});
    json[server_name] = address.text();
  };
  add(stack::Server::redis, addresses.redis);
  add(stack::Server::kafka, addresses.kafka);
  add(stack::Server::mysql, addresses.mysql);
  print(context, table, json);
}

Exit up(const Options& options, const Context& context) {
  const process::SignalWatch signals(context.globals.quiet);
  const auto [addresses, already] =
      stack::up(options.start(), notes_to(context), signals.stop_token());
  furnish(addresses, context.globals.topic);
  const auto directory = options.directory();
  context.note(
      fmt::format("The stack {} in {}", already ? "was up already" : "is up", directory.string()));
  print_addresses(context, addresses);
  context.note(
      fmt::format("{}Stop it:  couponctl stack down{}", how_to_use(options), dir_option(options)));
  return Exit::ok;
}

Exit run(const Options& options, const Context& context) {
  const process::SignalWatch signals(context.globals.quiet);
  const auto servers =
      stack::Stack::start(options.start(), notes_to(context), signals.stop_token());
  furnish(servers.addresses(), context.globals.topic);
  print_addresses(context, servers.addresses());
  std::fflush(context.out);
  context.note(fmt::format("{}Ctrl-C stops it.", how_to_use(options)));
  signals.wait();
  context.note("Stopping the stack.");
  return Exit::ok;
}

Exit status(const Options& options, const Context& context) {
  const auto found = stack::status(options.directory());
  if (!found) throw no_stack(options);
  report::Table table({{"SERVER"}, {"ADDRESS"}, {"PID", report::Align::right}, {"STATE"}});
  auto servers = nlohmann::ordered_json::array();
  for (const auto& server : found->servers) {
    const std::string server_name(stack::name(server.server));
    const std::string state = server.answers ? "answers" : server.pid ? "does not answer" : "down";
    table.add({server_name,
               server.address.text(),
               std::to_string(server.pid),
               {state, server.answers ? report::Style::good : report::Style::bad}});
    servers.push_back({{"server", server_name},
                       {"address", server.address.text()},
                       {"pid", server.pid},
                       {"answers", server.answers}});
  }
  print(context, table, {{"supervisor", found->supervisor}, {"servers", servers}});
  const auto answers = [](const stack::ServerStatus& server) { return server.answers; };
  return std::ranges::all_of(found->servers, answers) ? Exit::ok : Exit::unreachable;
}

Exit env(const Options& options, const Context& context) {
  if (!stack::settings_of(options.directory())) throw no_stack(options);
  std::ifstream file(options.directory() / stack::variables_name);
  // The default stack is found without it, and stays the weakest of all settings.
  const auto is_needed = [&](const std::string& line) {
    return !options.dir.empty() || !line.starts_with("COUPONCTL_");
  };
  for (std::string line; std::getline(file, line);)
    if (is_needed(line)) fmt::print(context.out, "export {}\n", line);
  return Exit::ok;
}

Exit down(const Options& options, const Context& context) {
  const auto directory = options.directory();
  const bool ran = stack::down(directory, options.keep);
  context.note(!ran           ? "No stack runs in " + directory.string()
               : options.keep ? "The stack is down; its data stays in " + directory.string()
                              : "The stack is down and " + directory.string() + " is removed");
  return Exit::ok;
}

Exit supervise(const Options& options) {
  std::optional<kafka::MockBroker> mock;
  const auto start_mock = [&mock] {
    mock.emplace();
    return *core::parse_host_port(mock->brokers(), 0);
  };
  std::vector<stack::Server> servers;
  for (const auto& server : options.servers) servers.push_back(stack::server_named(server).value());
  return static_cast<Exit>(stack::supervise({.directory = options.directory(),
                                             .owner_fd = static_cast<int>(options.owner_fd),
                                             .detached = options.detached,
                                             .real_kafka_required = options.real_kafka,
                                             .servers = servers},
                                            start_mock));
}

}  // namespace

void add_stack(CommandLine& line) {
  auto options = std::make_shared<Options>();
  auto& command = line.command("stack", "Private throw-away Redis, Kafka and MySQL on free ports");
  command.text("dir", options->dir,
               "`DIRECTORY` that holds the servers and their data; default: one for you alone");
  command.subcommand("up", "Start the servers and leave them running")
      .example("couponctl stack up", "every command finds them, until stack down")
      .flag("require-real-kafka", options->real_kafka,
            "Fail rather than fall back to the mock broker")
      .run([options](const Context& context) { return up(*options, context); });
  command.subcommand("down", "Stop the servers and remove their data")
      .flag("keep", options->keep, "Leave the data for the next up")
      .run([options](const Context& context) { return down(*options, context); });
  command.subcommand("status", "Say which server runs where")
      .run([options](const Context& context) { return status(*options, context); });
  command.subcommand("env", "Print the addresses as a shell's variables")
      .example("eval \"$(couponctl stack env)\"", "REDIS_PORT, KAFKA_PORT, MYSQL_PORT and others")
      .run([options](const Context& context) { return env(*options, context); });
  command.subcommand("run", "Start the servers and stop them at Ctrl-C")
      .flag("require-real-kafka", options->real_kafka,
            "Fail rather than fall back to the mock broker")
      .run([options](const Context& context) { return run(*options, context); });
  command.subcommand("supervise", "Own the servers for another process")
      .hidden()
      .list("server", options->servers, "Which to start")
      .integer("owner-fd", options->owner_fd, -1, 1'000'000, "The owner's end of the line")
      .flag("detached", options->detached, "Stay without an owner")
      .flag("require-real-kafka", options->real_kafka, "No mock broker")
      .run([options](const Context&) { return supervise(*options); });
}

}  // namespace couponctl::cmd
