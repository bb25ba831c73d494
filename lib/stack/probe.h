// Does a server answer, and which version is it? Asked in each server's own protocol.
#pragma once

#include <optional>
#include <string>

#include "core/parse.h"

namespace couponctl::stack {

// Each returns the server's version once it serves requests, within 0.3 s; otherwise nothing.
std::optional<std::string> ask_redis(const core::HostPort& address);
std::optional<std::string> ask_mysql(const core::HostPort& address);

// Kafka does not tell its version: true once the broker has joined its cluster.
bool ask_kafka(const core::HostPort& address);

}  // namespace couponctl::stack
