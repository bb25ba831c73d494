// Finds the servers that a bench runs on: those that were named, those at hand, or private ones.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "servers/probe.h"
#include "stack/stack.h"

namespace couponctl::cmd {

struct BenchServers {
  std::optional<stack::Stack> own;  // the private stack that the servers belong to, if any
  servers::Servers servers;
  servers::Presence presence;
};

struct BenchServersWish {
  std::string private_stack = "auto";  // always, never; auto: if none was named and none answers
  std::vector<std::string> required;   // of redis, kafka, mysql, real-kafka
};

// Throws core::Failure(unreachable) if a required server does not answer.
BenchServers find_bench_servers(const BenchServersWish& wish, const cli::Context& context,
                                const std::stop_token& stop);

servers::Servers servers_of(const stack::Addresses& addresses);

}  // namespace couponctl::cmd
