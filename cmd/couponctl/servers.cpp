#include "couponctl/servers.h"

namespace couponctl::cmd {

servers::Servers servers_of(const cli::Globals& globals) {
  const auto redis = globals.redis_address();
  const auto mysql = globals.mysql_address();
  return {.redis = {.host = redis.host,
                    .port = redis.port,
                    .unix_path = redis.unix_path,
                    .database = static_cast<int>(redis.database),
                    .user = redis.user,
                    .password = globals.redis_password},
          .kafka = globals.cluster(),
          .mysql = {.host = mysql.host,
                    .port = mysql.port,
                    .unix_socket = mysql.unix_socket,
                    .user = mysql.user,
                    .password = globals.mysql_password,
                    .database = mysql.database}};
}

servers::Servers servers_of(const stack::Addresses& addresses) {
  return {.redis = {.host = addresses.redis.host, .port = addresses.redis.port},
          .kafka = kafka::Cluster(addresses.kafka.text()),
          .mysql = {.host = addresses.mysql.host,
                    .port = addresses.mysql.port,
                    .user = addresses.mysql_user,
                    .password = addresses.mysql_password,
                    .database = addresses.mysql_database}};
}

}  // namespace couponctl::cmd
