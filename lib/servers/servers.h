// Says which servers: one address for each.
#pragma once

#include "kafka/client.h"
#include "mysql/connection.h"
#include "redis/client.h"

namespace couponctl::servers {

struct Servers {
  redis::Address redis;
  kafka::Cluster kafka{"127.0.0.1:9092"};
  mysql::Address mysql;
};

}  // namespace couponctl::servers
