// Which port may a private server take, and which process listens on it?
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "core/result.h"

namespace couponctl::stack {

struct Ports {
  std::uint16_t service = 0;
  std::uint16_t internal = 0;  // Kafka's controller
};

// Two ports that nobody listens on now, chosen at random outside the kernel's ephemeral range: a
// client's outgoing connection cannot take them before the server does. Throws core::Failure.
Ports free_ports();

// Is it this very process that listens on 127.0.0.1:port? The error is that /proc cannot be read.
core::Result<bool> listens(pid_t pid, std::uint16_t port);

}  // namespace couponctl::stack
