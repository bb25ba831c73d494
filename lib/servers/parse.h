// Reads where the servers are: --redis, --kafka, --mysql.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/parse.h"
#include "core/result.h"

namespace couponctl::servers {

// Every error's text is a phrase that follows the name of the flag, variable or key. None of these
// takes a password: it would stand in the process list.

struct RedisAddress {
  std::string host;
  std::uint16_t port = 0;
  std::string unix_path;  // instead of host and port
  std::string user;       // "" is Redis's own default user
  std::int64_t database = 0;

  std::string text() const;  // for messages
};

// [redis://][user@]host[:port][/database 0..15] or unix:/path[:database].
core::Result<RedisAddress> parse_redis(std::string_view text);

struct MysqlAddress {
  std::string user;
  std::string host;
  std::uint16_t port = 0;
  std::string unix_socket;  // instead of host and port
  std::string database;

  std::string text() const;  // for messages
};

// [user@]host[:port][/database] or [user@]unix:/path[:database].
core::Result<MysqlAddress> parse_mysql(std::string_view text);

// host[:port] separated by commas; librdkafka itself accepts an empty list and waits for ever.
core::Result<std::vector<core::HostPort>> parse_kafka(std::string_view text);

}  // namespace couponctl::servers
