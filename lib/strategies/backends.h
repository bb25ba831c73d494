// Names the servers that a strategy runs on, and tells which of them answer.
#pragma once

#include <optional>
#include <string>

#include "kafka/client.h"
#include "mysql/connection.h"
#include "redis/client.h"

namespace couponctl::strategies {

struct Backends {
  redis::Address redis;
  kafka::Cluster kafka{"127.0.0.1:9092"};
  mysql::Address mysql;
};

// For each server its version if it answers, else the reason why not.
struct Presence {
  struct Server {
    bool answers = false;
    std::string version;  // "7.0.15"; Kafka does not tell: "broker"
    std::string reason;   // "redis 127.0.0.1:6379: connection refused"
  };
  Server redis;
  Server kafka;
  Server mysql;
  bool kafka_is_mock = false;

  bool any() const { return redis.answers || kafka.answers || mysql.answers; }
};

// Asks each server for a sign of life; bounded by a few seconds.
Presence probe(const Backends& backends);

}  // namespace couponctl::strategies
