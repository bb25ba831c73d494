// What does the hidden command `couponctl stack supervise` run? The process that owns the servers.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "core/parse.h"
#include "stack/stack.h"

namespace couponctl::stack {

// Starts librdkafka's in-process mock broker, which lives as long as the process.
using MockBroker = std::function<core::HostPort()>;

struct SuperviseOptions {
  std::filesystem::path directory;
  int owner_fd = -1;      // the control channel; when it closes, everything is taken down
  bool detached = false;  // once all is ready, stay without an owner until `down`
  bool real_kafka_required = false;
  std::vector<Server> servers;  // those to start
};

// Returns the process's exit code when the servers are down again.
int supervise(const SuperviseOptions& options, const MockBroker& mock_broker);

}  // namespace couponctl::stack
