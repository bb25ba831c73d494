// What does a trial do? Drawn from its seed alone: the same seed gives the same plan.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "faults/plan.h"

namespace couponctl::fault {

using faults::Fault;
using faults::Milliseconds;

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
