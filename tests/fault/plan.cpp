#include "fault/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fault/points.h"

namespace couponctl::fault {
namespace {

using faults::between;
using faults::chance;
using faults::Random;
using namespace std::chrono_literals;

template <std::size_t N>
auto one_of(Random& random, const std::array<const char*, N>& choices) {
  return choices[random() % N];
}

Armed draw_point(Random& random, Passer passer, int pause_percent) {
  std::vector<Point> fitting;
  for (const auto& point : points())
    if (point.passer == passer) fitting.push_back(point);
  if (fitting.empty()) return {};
  const auto& point = fitting[random() % fitting.size()];
  return {std::string(point.name), between(random, 1, point.passages_max),
          chance(random, pause_percent)};
}

std::vector<Client> draw_clients(Random& random, int applicants) {
  std::vector<Client> clients(static_cast<std::size_t>(between(random, 3, 5)));
  const auto share = std::max(applicants * 3 / 2 / static_cast<int>(clients.size()), 4);
  bool retries = chance(random, 50);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    auto& client = clients[i];
    client.retries = retries = !retries;
    client.one_shot = i == 0;
    client.users = client.one_shot ? between(random, 3, 8) : std::min(share, applicants);
    client.first_user = applicants_begin + between(random, 0, applicants - client.users);
    client.ack = one_of(random, std::array{"redis", "kafka", "kafka", "ledger"});
    client.timeout = Milliseconds(between(random, 1000, 3000));
    client.chunk_max = chance(random, 30) ? 1 : between(random, 2, 25);
    if (chance(random, 35)) client.armed = draw_point(random, Passer::client, 15);
    if (client.one_shot) client.armed.passage = 1;
  }
  return clients;
}

std::vector<Consumer> draw_consumers(Random& random) {
  std::vector<Consumer> consumers(static_cast<std::size_t>(between(random, 1, 3)));
  for (auto& consumer : consumers) {
    consumer.batch_max = chance(random, 50) ? 1000 : between(random, 1, 20);
    consumer.group_of_its_own = chance(random, 20);
    if (chance(random, 40)) consumer.armed = draw_point(random, Passer::consumer, 15);
  }
  return consumers;
}

std::string text(const Client& client) {
  return fmt::format(
      "  client: users {}..{}, --ack {} --timeout {} ms, {}{}{}\n", client.first_user,
      client.first_user + client.users - 1, client.ack, client.timeout.count(),
      client.one_shot ? "a process for each" : fmt::format("up to {} at once", client.chunk_max),
      client.retries ? ", retries until told" : ", never retries",
      client.armed.point.empty() ? "" : ", " + client.armed.text());
}

}  // namespace

std::string Armed::text() const {
  return fmt::format("{}:{}{}", point, passage, pauses ? ":stop" : "");
}

bool Plan::loses_redis_memory() const {
  return std::ranges::any_of(faults, faults::forgets, &Fault::kind);
}

std::uint64_t seed_of_trial(std::uint64_t run_seed, int trial) {
  // splitmix64
  auto mixed = run_seed * 0x9e3779b97f4a7c15U + static_cast<std::uint64_t>(trial);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31);
}

Plan draw(std::uint64_t seed) {
  Random random(seed);
  Plan plan{.seed = seed};
  plan.quota = between(random, 20, 150);
  const int applicants = plan.quota * between(random, 120, 200) / 100;
  plan.partitions = between(random, 1, 4);
  plan.clients = draw_clients(random, applicants);
  plan.consumers = draw_consumers(random);
  plan.faults = faults::draw_faults(random, plan.load);
  plan.poison = std::max(applicants * between(random, 1, 5) / 100, 1);
  if (chance(random, 30))
    plan.foreign =
        chance(random, 40) ? plan.quota + between(random, 1, 10) : between(random, 1, plan.quota);
  if (chance(random, 15)) plan.open = draw_point(random, Passer::open, 0);
  if (chance(random, 50)) plan.raise = draw_point(random, Passer::raise, 0);
  if (chance(random, 50)) plan.recover = draw_point(random, Passer::recover, 0);
  plan.replays = chance(random, 40);
  if (chance(random, 60)) plan.replay = draw_point(random, Passer::replay, 0);
  plan.ends = chance(random, 25);
  if (chance(random, 70)) plan.ending = draw_point(random, Passer::ending, 0);
  plan.restart_in_same_group = chance(random, 25);
  return plan;
}

std::string describe(const Plan& plan) {
  auto text = fmt::format("seed {}: quota {}, {} partitions, {} poison, {} foreign\n", plan.seed,
                          plan.quota, plan.partitions, plan.poison, plan.foreign);
  for (const auto& client : plan.clients) text += fault::text(client);
  for (const auto& consumer : plan.consumers)
    text += fmt::format("  consumer: --batch {}{}{}\n", consumer.batch_max,
                        consumer.group_of_its_own ? ", a group of its own" : "",
                        consumer.armed.point.empty() ? "" : ", " + consumer.armed.text());
  for (const auto& fault : plan.faults)
    text += fmt::format("  {:>4} ms: {} (number {}, {} ms)\n", fault.at.count(), name(fault.kind),
                        fault.which, fault.lasting.count());
  const std::pair<const char*, const Armed&> commands[] = {{"open", plan.open},
                                                           {"set-quota", plan.raise},
                                                           {"recover", plan.recover},
                                                           {"replay-failed", plan.replay},
                                                           {"ending", plan.ending}};
  for (const auto& [command, armed] : commands)
    if (!armed.point.empty()) text += fmt::format("  {}: {}\n", command, armed.text());
  return text;
}

}  // namespace couponctl::fault
