// Names what one strategy may touch on the servers: a database, a topic and keys of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/command_hook.h"
#include "mysql/pool.h"
#include "servers/servers.h"

namespace couponctl::strategies {

constexpr const char* scratch_prefix = "couponctl_bench_";  // of all names
constexpr const char* usual_count_key = "coupon_count";     // how many are issued, in Redis

// One who works in the background.
struct Background {
  std::string_view name = "";     // "consumer"
  bool polls = false;             // sends commands also while there is nothing to do
  bool helps = false;             // does what others have left undone, where they are dead
  std::string_view process = "";  // those who die together; "": nobody else is in its process
};

// All that is needed to find a deployment: whoever has it can attach, also another process. The
// tables and keys bear the run's number, so that whatever comes late counts for the run it was made
// in, or for none.
struct Scratch {
  std::string name;  // of the database and the topic: couponctl_bench_<bench>_<strategy>
  servers::Servers servers = {};
  std::int64_t limit = 100;  // coupons
  int workers = 1;           // who insert, of a design that has a number of them
  std::string count_key = usual_count_key;
  // After this a lock on Redis ends by itself: longer than count and insert take while their server
  // answers at all, each after its wait for a connection of the pool.
  std::chrono::milliseconds lease{120'000};
  // For so long what somebody has in hand is left to them.
  std::chrono::milliseconds grace{1000};
  // So long a message to Kafka is tried; then it is given up, and with it the coupon.
  std::chrono::milliseconds send_within{300'000};
  // Who writes rows of a queue at a pace that can be set, so many a second; 0: as they can.
  std::int64_t rows_per_s_max = 0;
  std::int64_t run = 0;
  // Of this process: whoever writes the sources' rows has connections of this one; nullptr: of
  // their own.
  std::shared_ptr<mysql::Pool> pool = nullptr;
  // How often somebody looks whether there is something of that kind.
  std::chrono::milliseconds look_interval{100};
  // Who hears of the commands of those who work in the background. Asked on the thread that begins
  // the run or restarts its workers: later on, another run may have begun.
  std::function<core::CommandHook*(const Background&)> hook = [](const auto&) { return nullptr; };

  mysql::Address database() const;                 // the server's address with the database
  std::string coupons() const;                     // "coupon_7"
  std::string failed_events() const;               // "failed_event_7"
  std::string campaign() const;                    // "campaign_7"
  std::string key(std::string_view suffix) const;  // "<name>:7:coupon_count"
};

}  // namespace couponctl::strategies
