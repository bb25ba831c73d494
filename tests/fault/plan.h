// What does a trial do? Drawn from its seed alone: the same seed gives the same plan.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace couponctl::fault {

using Milliseconds = std::chrono::milliseconds;

enum class FaultKind : std::uint8_t {
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
constexpr std::size_t fault_kinds = 26;

std::string_view name(FaultKind kind);

struct Fault {
  FaultKind kind = FaultKind::consumer_kill;
  Milliseconds at{0};       // since the load began
  Milliseconds lasting{0};  // until it is taken back, for those that are
  int which = 0;            // of the consumers, clients or keys; or how many per cent
};

// A kill point in the environment of a process; none if the name is "".
struct Armed {
  std::string point = "";
  int passage = 1;
  bool pauses = false;  // it is stopped there, and goes on later, instead of killed

  std::string text() const;  // "apply.asking:2:stop"
};

struct Client {
  std::int64_t first_user = 0;
  int users = 0;
  std::string ack = "kafka";
  Milliseconds timeout{2000};
  bool retries = false;   // until it is told
  bool one_shot = false;  // a process for each user
  int chunk_max = 1;      // users that it asks for at once, at the most
  Armed armed = {};
};

struct Consumer {
  int batch_max = 1000;
  bool group_of_its_own = false;
  Armed armed = {};
};

struct Plan {
  std::uint64_t seed = 0;
  int quota = 0;
  int partitions = 3;
  std::vector<Client> clients = {};
  std::vector<Consumer> consumers = {};
  std::vector<Fault> faults = {};  // by time
  int poison = 0;                  // messages of no meaning, put on the topic directly
  int foreign = 0;                 // messages of a producer that asks for no admission
  Milliseconds load{2000};         // how long clients take about
  Armed open = {}, raise = {}, recover = {}, replay = {}, ending = {};
  bool restart_in_same_group = false;
  bool replays = false;  // failed events
  bool ends = false;     // the campaign is closed and reset after all

  bool loses_redis_memory() const;
  int raised_quota() const { return quota + 10; }
};

constexpr std::int64_t applicants_begin = 1;
constexpr std::int64_t foreign_begin = 1'000'000;
constexpr std::int64_t probe_user = 2'000'000;
constexpr std::int64_t top_up_begin = 3'000'000;

Plan draw(std::uint64_t seed);
// The seed of one trial of a run.
std::uint64_t seed_of_trial(std::uint64_t run_seed, int trial);

// Several lines, for people.
std::string describe(const Plan& plan);

}  // namespace couponctl::fault
