#include "fault/consumers.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <thread>

namespace couponctl::fault {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto end_slack = 5s;
constexpr auto pauses_for = 2s;  // longer than a session: another one takes its partitions
constexpr auto start_again_after = 100ms;
constexpr int ended_at_start = 3;  // a server was away

}  // namespace

std::vector<std::string> consume_words(const std::string& group) {
  return {"consume",
          "--group",
          group,
          "--shutdown-timeout",
          fmt::format("{}ms", shutdown_timeout.count()),
          "--kafka-property",
          "session.timeout.ms=1500",
          "--kafka-property",
          "heartbeat.interval.ms=300"};
}

Consumers::Consumers(const Workspace& workspace, const Plan& plan, Tally& tally)
    : workspace_(workspace), plan_(plan), tally_(tally) {
  for (const auto& consumer : plan.consumers) {
    daemons_.push_back(std::make_unique<Daemon>());
    daemons_.back()->consumer = consumer;
    daemons_.back()->number = static_cast<int>(daemons_.size()) - 1;
    start(*daemons_.back());
  }
}

void Consumers::tend() {
  for (auto& daemon : daemons_) tend(*daemon);
}

void Consumers::tend(Daemon& daemon) {
  const auto now = Clock::now();
  if (!daemon.process) {
    if (!daemon.leaves && now >= daemon.start_due) start(daemon);
    return;
  }
  if (const auto code = daemon.process->wait(0ms)) return ended(daemon, *code);
  if (daemon.end_due != Time() && now > daemon.end_due) {
    tally_.found(Breach::hung, fmt::format("consumer {} does not end", daemon.number));
    daemon.process->signal(SIGKILL);
    daemon.end_due = {};
  }
  if (!daemon.consumer.armed.pauses || daemon.paused_by_us || !daemon.process->stopped()) return;
  if (daemon.point_reached == Time()) {
    tally_.happened("point " + daemon.consumer.armed.point);
    daemon.point_reached = now;
  } else if (now > daemon.point_reached + pauses_for) {
    daemon.consumer.armed = {};
    daemon.process->signal(SIGCONT);
  }
}

void Consumers::ended(Daemon& daemon, int code) {
  daemon.process.reset();
  daemon.start_due = Clock::now() + start_again_after;
  daemon.end_due = {};
  auto& armed = daemon.consumer.armed;
  if (crashed(code)) {
    tally_.found(Breach::hung, fmt::format("consumer {} crashed: {}", daemon.number, code));
    return;
  }
  if (code == 128 + SIGKILL && !daemon.killed_by_us && !armed.point.empty()) {
    tally_.happened("point " + armed.point);
    armed = {};
    return;
  }
  if (daemon.killed_by_us || daemon.terminated_by_us || code == ended_at_start) return;
  tally_.found(Breach::hung,
               fmt::format("consumer {} ended by itself with {}", daemon.number, code));
}

void Consumers::start(Daemon& daemon) {
  auto group = workspace_.where.topic;
  if (daemon.consumer.group_of_its_own) group += fmt::format("_{}", daemon.number);
  if (!plan_.restart_in_same_group && daemon.starts > 0)
    group += fmt::format("_{}_{}", daemon.number, daemon.starts);
  auto words = consume_words(group);
  words.insert(words.end(), {"--batch", std::to_string(daemon.consumer.batch_max)});
  daemon.process = process::Child::spawn(workspace_.command(
      words, fmt::format("consumer{}.log", daemon.number), daemon.consumer.armed));
  ++daemon.starts;
  daemon.killed_by_us = daemon.terminated_by_us = daemon.paused_by_us = false;
  daemon.point_reached = daemon.end_due = {};
}

bool Consumers::signal(int consumer, int number) {
  auto& daemon = *daemons_[static_cast<std::size_t>(consumer) % daemons_.size()];
  if (!daemon.process || !daemon.process->signal(number)) return false;
  if (number == SIGKILL) daemon.killed_by_us = true;
  if (number == SIGTERM) daemon.terminated_by_us = true;
  if (number == SIGTERM && !daemon.paused_by_us)
    daemon.end_due = Clock::now() + shutdown_timeout + end_slack;
  if (number == SIGSTOP) daemon.paused_by_us = true;
  if (number == SIGCONT) daemon.paused_by_us = false;
  return true;
}

void Consumers::resume_all() {
  for (const auto& daemon : daemons_) signal(daemon->number, SIGCONT);
}

void Consumers::add() {
  daemons_.push_back(std::make_unique<Daemon>());
  daemons_.back()->number = static_cast<int>(daemons_.size()) - 1;
  start(*daemons_.back());
}

void Consumers::remove() {
  const auto stays = [](const auto& daemon) { return !daemon->leaves; };
  const auto last = std::find_if(daemons_.rbegin(), daemons_.rend(), stays);
  (*last)->leaves = true;
  signal((*last)->number, SIGTERM);
}

void Consumers::stop() {
  for (auto& daemon : daemons_) {
    daemon->leaves = true;
    signal(daemon->number, SIGCONT);
    signal(daemon->number, SIGTERM);
  }
  for (bool any = true; any;) {
    any = false;
    tend();
    for (const auto& daemon : daemons_) any = any || daemon->process;
    if (any) std::this_thread::sleep_for(10ms);
  }
}

}  // namespace couponctl::fault
