#include "fault/planted.h"

namespace couponctl::fault {
namespace {

using namespace std::chrono_literals;

void all_ask_kafka(Plan& plan, Milliseconds timeout, bool retry) {
  for (auto& client : plan.clients) {
    client.ack = "kafka";
    client.timeout = timeout;
    client.retries = retry;
  }
}

// The first batches are small, and one of them does not end.
void kill_in_transaction(Plan& plan) {
  plan.consumers.resize(1);
  plan.consumers[0] = {.batch_max = 5, .group_of_its_own = false, .armed = {"ledger.issued", 2}};
}

// Who was about to hand over is killed and never asks again.
void kill_before_handover(Plan& plan) {
  all_ask_kafka(plan, 2000ms, false);
  for (auto& client : plan.clients) client.armed = {"apply.produced", client.one_shot ? 1 : 2};
}

void restart_redis(Plan& plan) { plan.faults = {{faults::Kind::redis_kill, 500ms, 100ms, 0}}; }

void flood(Plan& plan) { plan.foreign = plan.quota + 10; }

void lock_for_longer_than_a_lock_wait(Plan& plan) {
  plan.faults = {{faults::Kind::campaign_locked, 200ms, 7000ms, 0}};
}

// Processes end before Kafka is back.
void kill_kafka(Plan& plan) {
  all_ask_kafka(plan, 1000ms, false);
  for (auto& client : plan.clients) client.one_shot = true, client.users = 4;
  plan.faults = {{faults::Kind::kafka_kill, 200ms, 2500ms, 0}};
}

// What was sent meanwhile arrives after all.
void pause_kafka(Plan& plan) {
  all_ask_kafka(plan, 1000ms, true);
  plan.faults = {{faults::Kind::kafka_pause, 200ms, 2000ms, 0}};
}

constexpr PlantedBug all_bugs[] = {
    {"offsets_first", "the progress is committed before the batch", kill_in_transaction},
    {"outbox_first", "the outbox entry is deleted before the acknowledgement",
     kill_before_handover},
    {"no_fence", "a restarted Redis goes on admitting", restart_redis},
    {"no_cap", "the consumer ignores the quota, and so does the database", flood, true},
    {"swallowed_errno", "an error within the transaction is taken for success",
     lock_for_longer_than_a_lock_wait},
    {"insert_ignore", "INSERT IGNORE, and all of it counts as issued", flood},
    {"flush_is_success", "the return of flush is taken for delivery", kill_kafka},
    {"compensate", "a place is taken back when Kafka is late", pause_kafka},
};

}  // namespace

std::span<const PlantedBug> planted_bugs() { return all_bugs; }

Plan directed(const PlantedBug& bug, std::uint64_t seed) {
  auto plan = draw(seed);
  plan.load = 800ms;
  plan.faults.clear();
  plan.foreign = 0;
  plan.open = plan.raise = plan.recover = plan.replay = plan.ending = {};
  plan.replays = plan.ends = plan.restart_in_same_group = false;
  for (auto& client : plan.clients) client.armed = {};
  for (auto& consumer : plan.consumers) consumer.armed = {};
  bug.direct(plan);
  return plan;
}

}  // namespace couponctl::fault
