// The two stores that an administrative command changes.
#pragma once

#include "mysql/connection.h"
#include "redis/client.h"

namespace couponctl::admin {

struct Stores {
  mysql::Connection& database;
  redis::Client& redis;
};

}  // namespace couponctl::admin
