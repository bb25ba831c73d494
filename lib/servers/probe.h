// Tells which of the servers answer.
#pragma once

#include <string>

#include "servers/servers.h"

namespace couponctl::servers {

// For each server its version if it answers, else the reason why not.
struct Presence {
  struct Server {
    bool answers = false;
    std::string version;  // "7.0.15"; Kafka does not tell: "broker"
    std::string reason;   // "cannot reach Redis at h:6379: connection refused"
  };
  Server redis;
  Server kafka;
  Server mysql;
  bool kafka_is_mock = false;

  bool any() const { return redis.answers || kafka.answers || mysql.answers; }
};

// Asks each server for a sign of life; bounded by a few seconds.
Presence probe(const Servers& servers);

}  // namespace couponctl::servers
