// Names what one strategy may touch on the servers: a database, a topic and keys of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "servers/servers.h"

namespace couponctl::strategies {

// All that is needed to find a deployment: whoever has it can attach, also another process. The
// tables and keys bear the run's number, so that whatever comes late counts for the run it was made
// in, or for none.
struct Scratch {
  std::string name;  // of the database and the topic: couponctl_bench_<bench>_<strategy>
  servers::Servers servers = {};
  std::int64_t limit = 100;  // coupons
  std::int64_t run = 0;

  mysql::Address database() const;                 // the server's address with the database
  std::string coupons() const;                     // "coupon_7"
  std::string failed_events() const;               // "failed_event_7"
  std::string key(std::string_view suffix) const;  // "<name>:7:coupon_count"
};

}  // namespace couponctl::strategies
