// Finds the servers that a bench runs on: those that were named, those at hand, or private ones.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command_line.h"
#include "core/failure.h"
#include "core/result.h"
#include "servers/probe.h"
#include "stack/stack.h"
#include "strategies/strategy.h"

namespace couponctl::cmd {

struct BenchServers {
  std::optional<stack::Stack> own;  // the private stack that some of the servers belong to, if any
  std::vector<stack::Server> of_own;  // which of them
  std::filesystem::path directory;    // of that stack
  servers::Servers servers;
  servers::Presence presence;
};

struct BenchServersWish {
  // always, never; auto: what is needed, was not named and does not answer is started
  std::string private_stack = "auto";
  std::vector<std::string> required;  // of redis, kafka, mysql, real-kafka
  strategies::Needs needs = {.redis = true, .kafka = true, .mysql = true};  // of the designs
  std::uint16_t mysql_port = 3306;  // unless --mysql names one
};

// Throws core::Failure(unreachable) if a required server does not answer.
BenchServers find_bench_servers(const BenchServersWish& wish, const cli::Context& context,
                                const std::stop_token& stop);

std::vector<std::string> required_server_names();
core::Result<void> check_required_server(std::string_view text);

// redis, kafka, mysql and cpus, each with what was found.
std::vector<std::pair<std::string, std::string>> environment_of(const BenchServers& found);

// That no server answers which any design could run on.
core::Failure no_design_could_run(const servers::Presence& presence, const cli::Context& context);

servers::Servers servers_of(const stack::Addresses& addresses);

}  // namespace couponctl::cmd
