// Reads where the servers are: --redis, --kafka, --mysql.
#pragma once

#include <string_view>

#include "core/result.h"
#include "kafka/client.h"
#include "mysql/connection.h"
#include "redis/client.h"

namespace couponctl::servers {

// Every error's text is a phrase that follows the name of the flag, variable or key. None of these
// takes a password: it would stand in the process list.

// [redis://][user@]host[:port][/database 0..15] or unix:/path[:database].
core::Result<redis::Address> parse_redis(std::string_view text);

// [mysql://][user@]host[:port][/database] or [user@]unix:/path[:database].
core::Result<mysql::Address> parse_mysql(std::string_view text);

// host[:port] separated by commas; librdkafka itself accepts an empty list and waits for ever.
core::Result<kafka::Cluster> parse_kafka(std::string_view text);

}  // namespace couponctl::servers
