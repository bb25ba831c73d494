#include "race/made_run.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "race/storm.h"

namespace couponctl::race {
namespace {

using load::Call;
using load::Clock;
using load::Outcome;

constexpr std::chrono::seconds begin_max{30};
constexpr std::chrono::seconds dies_within{1};  // one who has work

// While coupons are still to be had: it begins when half of them are asked for, and ends when as
// many again are. Those who ask at that moment are hit.
std::vector<load::Interlude> around(const BenchPlan& plan, std::function<void()> begin,
                                    std::function<void()> end) {
  const auto last = std::min(plan.limit, plan.load.requests / 2);
  const std::int64_t room = plan.load.threads;
  return {{.at = last / 2, .room = room, .act = std::move(begin)},
          {.at = last, .room = room, .act = std::move(end)}};
}

}  // namespace

load::Wait soon(const load::Wait& wait) {
  auto shorter = wait;
  shorter.deadline = Clock::now() + begin_max;
  return shorter;
}

int processes_of(const BenchPlan& plan) {
  return plan.fault == Fault::kill_applier ? std::max(2, plan.processes) : plan.processes;
}

Made RunMaker::make(const load::Wait& wait, const Progress& on_progress) {
  if (!of_.plan.fault) return make_plain(wait, on_progress);
  switch (*of_.plan.fault) {
    case Fault::late_consumer:
      return make_without_consumer(wait, on_progress);
    case Fault::leftovers:
      return make_of_next_event(wait, on_progress);
    default:
      return make_through(*of_.plan.fault, wait, on_progress);
  }
}

Made RunMaker::make_plain(const load::Wait& wait, const Progress& on_progress) {
  Storm storm({.load = load_,
               .processes = processes_of(of_.plan),
               .held = of_.plan.held,
               .executable = of_.plan.executable},
              of_.strategy, of_.scratch);
  Made made{.load = storm.run(wait, on_progress)};
  made.unfinished = storm.unfinished();
  made.held = storm.held();
  return made;
}

Made RunMaker::make_through(Fault fault, const load::Wait& wait, const Progress& on_progress) {
  std::optional<Storm> storm;
  std::optional<Clock::time_point> healed_at;
  Harm harm(fault, {.servers = of_.plan.injector,
                    .kill_applier = [&] { storm->kill_one(); },
                    .kill_consumer = [&] { kill_consumer(wait); }});
  const auto heal = [&] {
    harm.end(wait.stop);
    healed_at = Clock::now();
    if (fault != Fault::none) of_.deployment.restart(soon(wait));
  };
  StormPlan plan{
      .load = load_, .processes = processes_of(of_.plan), .executable = of_.plan.executable};
  plan.load.interludes = around(
      of_.plan, [&] { harm.begin(); }, heal);
  storm.emplace(std::move(plan), of_.strategy, of_.scratch);
  try {
    Made made{.load = storm->run(wait, on_progress)};
    if (!healed_at) heal();
    made.healed_at = healed_at;
    made.unfinished = storm->unfinished();
    ask_again(made, wait);
    return made;
  } catch (...) {
    harm.end(wait.stop);
    throw;
  }
}

Made RunMaker::make_without_consumer(const load::Wait& wait, const Progress& on_progress) {
  of_.deployment.rest();
  auto made = make_plain(wait, on_progress);
  ask_again(made, wait);
  made.healed_at = Clock::now();
  of_.deployment.join_late(soon(wait));
  return made;
}

// The event before it is not judged. But it must have come to its end: what was still under way
// would be taken for the next one's.
Made RunMaker::make_of_next_event(const load::Wait& wait, const Progress& on_progress) {
  wait.say("the event before it");
  auto before = make_plain(wait, [](std::int64_t) {});
  auto why = await_settled(before, wait);
  if (before.load.failed > 0) why = "not all of its requests were answered";
  if (!why.empty()) {
    before.spoilt = "the event before it: " + why;
    return before;
  }
  of_.deployment.begin_next_event(soon(wait));
  auto made = make_plain(wait, on_progress);
  ask_again(made, wait);
  return made;
}

// After another number of commands each time, so that it has something else in hand.
void RunMaker::kill_consumer(const load::Wait& wait) {
  for (const int command : {1, 2, 3, 5, 8}) {
    if (wait.stop.stop_requested()) return;
    of_.kill_switch.kill_all(command, dies_within);
    of_.deployment.restart(soon(wait));
  }
}

// Whoever had no answer, as they would.
void RunMaker::ask_again(Made& made, const load::Wait& wait) {
  auto& load = made.load;
  std::vector<Call> unanswered;
  load.history->for_each([&](const Call& call) {
    if (call.outcome == Outcome::unknown) unanswered.push_back(call);
  });
  made.asked_again = std::ssize(unanswered);
  if (unanswered.empty()) return;
  const auto attachment = of_.strategy.attach(of_.scratch);
  auto caller = attachment->caller();
  load::History::Writer history(*load.history);
  const auto since_gate = [&] { return (Clock::now() - load.opened_at).count(); };
  for (auto& call : unanswered) {
    if (wait.stop.stop_requested()) break;
    call.due_ns = call.sent_ns = since_gate();
    const auto answer = caller->ask(call.user);
    call.answered_ns = since_gate();
    if (!answer) {
      load.first_error = answer.error().text;
      caller = attachment->caller();
      continue;
    }
    call.outcome = load::outcome_of(*answer);
    history.append(call);
    --load.failed;
    ++load.answered;
  }
  history.flush();
  if (const auto finished = attachment->finish(soon({})); !finished)
    made.unfinished = finished.error().text;
}

std::string RunMaker::await_settled(const Made& made, const load::Wait& wait) {
  const auto drained = of_.deployment.drain(wait);
  if (!made.load.broken.empty()) return "a worker ended: " + made.load.broken;
  if (!made.unfinished.empty()) return made.unfinished;
  return drained ? "" : drained.error().text;
}

}  // namespace couponctl::race
