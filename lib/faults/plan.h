// What goes wrong, and when?
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "faults/random.h"

namespace couponctl::faults {

using Milliseconds = std::chrono::milliseconds;

enum class Kind : std::uint8_t {
  consumer_kill,
  consumer_pause,
  consumer_terminate,
  client_kill,
  client_pause,
  client_terminate,
  redis_kill,
  redis_terminate,
  redis_tail_cut,
  redis_flush,
  redis_key_deleted,
  redis_silence,
  redis_reset,
  redis_delay,
  kafka_kill,
  kafka_pause,
  database_kill,
  database_read_only,
  database_silence,
  database_reset,
  database_delay,
  commit_cut_before,
  commit_cut_after,
  campaign_locked,
  rebalance,
  quota_raise,
};
constexpr std::size_t kinds_count = 26;

std::string_view name(Kind kind);
// Whether Redis loses what it has acknowledged.
bool forgets(Kind kind);

struct Fault {
  Kind kind = Kind::consumer_kill;
  Milliseconds at{0};       // since the load began
  Milliseconds lasting{0};  // until it is taken back, for those that are
  int which = 0;            // of the consumers, clients or keys; or how many per cent
};

// Two to six, by time, that begin while the load lasts.
std::vector<Fault> draw_faults(Random& random, Milliseconds load);

}  // namespace couponctl::faults
