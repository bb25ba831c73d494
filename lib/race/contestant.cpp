#include "race/contestant.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>

#include "core/failure.h"
#include "race/times.h"

namespace couponctl::race {
namespace {

using load::Call;
using load::Clock;
using load::Load;
using load::Outcome;

constexpr std::chrono::seconds begin_max{30};
constexpr std::chrono::seconds dies_within{1};  // one who has work
// Of an explained run: enough for every request of a usual one, and some 100 MB at the most.
constexpr std::size_t heard_commands_max = 200'000;
constexpr int explained_requests_max = 8;
constexpr std::chrono::seconds alone_for{1};

// From now on durable_at counts from when the gate opened.
void count_from(Clock::time_point opened_at, std::vector<load::Row>& rows) {
  for (auto& row : rows)
    if (row.durable_at.count() != 0) row.durable_at -= opened_at.time_since_epoch();
}

load::Wait soon(const load::Wait& wait) {
  auto shorter = wait;
  shorter.deadline = Clock::now() + begin_max;
  return shorter;
}

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

Contestant::Contestant(const BenchPlan& plan, strategies::Strategy strategy,
                       strategies::Scratch scratch)
    : plan_(&plan),
      strategy_(std::move(strategy)),
      scratch_(std::move(scratch)),
      tally_(promise(), is_judged()) {
  result_.name = strategy_.info.name;
  result_.expected = is_judged() && promise().never_over_quota ? "exact" : "over-issues";
  scratch_.hook = [&meter = *meter_](const auto&) { return meter.hook(); };
  if (const int size = plan.surroundings.pool; size > 0)
    scratch_.pool = std::make_shared<mysql::Pool>(scratch_.database(), size);
  if (!plan.fault) return;
  scratch_.hook = [&kills = *kill_switch_](const auto&) { return kills.hook(); };
  scratch_.lease = lease_at_fault;
  if (plan.fault == Fault::broker_down) scratch_.send_within = send_within_at_fault;
}

void Contestant::skip(const std::string& why) {
  skipped_ = true;
  out_ = why;
}

// Whether what happens here is what its promise is about.
bool Contestant::is_judged() const {
  const auto& info = strategy_.info;
  const bool fails = plan_->fault.value_or(Fault::none) != Fault::none;
  return (info.under_faults || !fails) && (info.across_processes || processes() == 1);
}

int Contestant::processes() const {
  return plan_->fault == Fault::kill_applier ? std::max(2, plan_->processes) : plan_->processes;
}

// It has begun: whoever works in the background has a hook by now.
bool Contestant::has_nobody_to_touch() const {
  const bool is_about_consumer =
      plan_->fault == Fault::kill_consumer || plan_->fault == Fault::late_consumer;
  return is_about_consumer && !kill_switch_->has_any();
}

void Contestant::run(std::int64_t number, bool counts, const load::Wait& wait,
                     const std::function<void(std::int64_t)>& on_progress) {
  std::optional<Load> load;
  std::optional<Run> run;
  log_.reset();
  is_metered_ = !counts && !plan_->fault && processes() == 1;
  if (counts && plan_->explain && !(result_.explanation && result_.explanation->flawed))
    log_ = std::make_unique<CommandLog>(
        plan_->load.threads, heard_commands_max / static_cast<std::size_t>(plan_->load.threads));
  try {
    begin(number, wait);
    if (has_nobody_to_touch()) {
      skip("nobody inserts in the background");
    } else {
      load = make_run(wait, on_progress);
      const auto settled = settle(*load, wait);
      if (is_metered_ && !wait.stop.stop_requested()) result_.cost = meter_->of(load->requests());
      counts = counts && !wait.stop.stop_requested();
      if (counts) take(*load, settled);
      if (counts) run = settled;
    }
  } catch (const std::exception& failure) {
    if (!wait.stop.stop_requested()) out_ = failure.what();
  }
  if (bystander_) bystander_->end(0, wait.stop);
  if (deployment_) deployment_->rest();
  if (run)
    plan_->on_run({.strategy = info().name,
                   .promise = is_judged() ? promise() : load::Promise{},
                   .run = result_.runs,
                   .calls = *load->history,
                   .rows = rows_,
                   .first_error = run->first_error,
                   .unknown = run->unknown});
  rows_ = {};
  load.reset();
  ::malloc_trim(0);  // what a thousand callers have left is not added to the next run's
}

DesignResult Contestant::conclude(const Demand& demand) {
  if (skipped_) {
    result_.verdict = Verdict::skipped;
    result_.why = out_;
  } else {
    tally_.conclude(demand, out_, result_);
  }
  return std::move(result_);
}

std::string Contestant::clean_up(const load::Wait& wait) {
  if (!deployment_) return "";
  const auto dropped = deployment_->drop(wait);
  return dropped ? ""
                 : fmt::format("{} was not removed: {}. The next bench on these servers does it",
                               scratch_.name, dropped.error().text);
}

// How long orders wait while nobody asks for coupons is seen first.
void Contestant::deploy(const load::Wait& wait) {
  deployment_ = strategy_.deploy(scratch_);
  const auto& plan = plan_->surroundings.bystander;
  if (plan.per_second == 0) return;
  bystander_ = std::make_unique<Bystander>(plan, scratch_.pool);
  bystander_->begin();
  const auto orders = std::ceil(plan.per_second * alone_for.count());
  result_.orders_alone = bystander_->end(static_cast<std::int64_t>(orders), wait.stop);
}

void Contestant::begin(std::int64_t number, const load::Wait& wait) {
  if (!deployment_) deploy(wait);
  scratch_.run = number;
  unfinished_.clear();
  spoilt_.clear();
  asked_again_ = 0;
  healed_at_.reset();
  deployment_->reset(number, soon(wait));
}

// Orders come from the first request on; halfway everybody has the connections that they need.
std::vector<load::Interlude> Contestant::around_database() {
  std::vector<load::Interlude> interludes;
  const auto requests = plan_->load.requests;
  if (bystander_)
    interludes.push_back({.at = 1, .room = requests, .act = [this] { bystander_->begin(); }});
  if (is_metered_ && info().needs.mysql)
    interludes.push_back({.at = requests / 2, .room = requests, .act = [this] {
                            meter_->saw_connections(connections_to(scratch_.database()));
                          }});
  return interludes;
}

Load Contestant::make_run(const load::Wait& wait,
                          const std::function<void(std::int64_t)>& on_progress) {
  if (!plan_->fault) return make_requests(wait, on_progress);
  switch (*plan_->fault) {
    case Fault::late_consumer:
      return make_requests_without_consumer(wait, on_progress);
    case Fault::leftovers:
      return make_requests_of_next_event(wait, on_progress);
    default:
      return make_requests_through(*plan_->fault, wait, on_progress);
  }
}

Load Contestant::make_requests(const load::Wait& wait,
                               const std::function<void(std::int64_t)>& on_progress) {
  auto of_workers = plan_->load;
  if (log_) of_workers.hook = [this](int worker) { return log_->hook(worker); };
  if (is_metered_) of_workers.hook = [this](int) { return meter_->hook(); };
  of_workers.interludes = around_database();
  meter_->begin();
  Storm storm({.load = std::move(of_workers),
               .processes = processes(),
               .held = plan_->held,
               .executable = plan_->executable},
              strategy_, scratch_);
  auto load = storm.run(wait, on_progress);
  unfinished_ = storm.unfinished();
  held_ = storm.held();
  return load;
}

Load Contestant::make_requests_through(Fault fault, const load::Wait& wait,
                                       const std::function<void(std::int64_t)>& on_progress) {
  std::optional<Storm> storm;
  Harm harm(fault, {.servers = plan_->injector,
                    .kill_applier = [&] { storm->kill_one(); },
                    .kill_consumer = [&] { kill_consumer(wait); }});
  const auto heal = [&] {
    harm.end(wait.stop);
    healed_at_ = Clock::now();
    if (fault != Fault::none) deployment_->restart(soon(wait));
  };
  StormPlan plan{.load = plan_->load, .processes = processes(), .executable = plan_->executable};
  plan.load.interludes = around(
      *plan_, [&] { harm.begin(); }, heal);
  storm.emplace(std::move(plan), strategy_, scratch_);
  try {
    auto load = storm->run(wait, on_progress);
    if (!healed_at_) heal();
    unfinished_ = storm->unfinished();
    ask_again(load, wait);
    return load;
  } catch (...) {
    harm.end(wait.stop);
    throw;
  }
}

Load Contestant::make_requests_without_consumer(
    const load::Wait& wait, const std::function<void(std::int64_t)>& on_progress) {
  deployment_->rest();
  auto load = make_requests(wait, on_progress);
  ask_again(load, wait);
  healed_at_ = Clock::now();
  deployment_->join_late(soon(wait));
  return load;
}

// The event before it is not judged. But it must have come to its end: what was still under way
// would be taken for the next one's.
Load Contestant::make_requests_of_next_event(const load::Wait& wait,
                                             const std::function<void(std::int64_t)>& on_progress) {
  wait.say("the event before it");
  auto before = make_requests(wait, [](std::int64_t) {});
  spoilt_ = await_settled(before, wait);
  if (before.failed > 0) spoilt_ = "not all of its requests were answered";
  if (!spoilt_.empty()) {
    spoilt_ = "the event before it: " + spoilt_;
    return before;
  }
  deployment_->begin_next_event(soon(wait));
  auto load = make_requests(wait, on_progress);
  ask_again(load, wait);
  return load;
}

// After another number of commands each time, so that it has something else in hand.
void Contestant::kill_consumer(const load::Wait& wait) {
  for (const int command : {1, 2, 3, 5, 8}) {
    if (wait.stop.stop_requested()) return;
    kill_switch_->kill_all(command, dies_within);
    deployment_->restart(soon(wait));
  }
}

// Whoever had no answer, as they would.
void Contestant::ask_again(Load& load, const load::Wait& wait) {
  std::vector<Call> unanswered;
  load.history->for_each([&](const Call& call) {
    if (call.outcome == Outcome::unknown) unanswered.push_back(call);
  });
  asked_again_ = std::ssize(unanswered);
  if (unanswered.empty()) return;
  const auto attachment = strategy_.attach(scratch_);
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
    unfinished_ = finished.error().text;
}

// Why it is not, or "".
std::string Contestant::await_settled(const Load& load, const load::Wait& wait) {
  const auto drained = deployment_->drain(wait);
  if (!load.broken.empty()) return "a worker ended: " + load.broken;
  if (!unfinished_.empty()) return unfinished_;
  return drained ? "" : drained.error().text;
}

Run Contestant::settle(const Load& load, const load::Wait& wait) {
  Run run{.requests = load.requests(),
          .failed = load.failed,
          .first_error = load.first_error,
          .unknown = spoilt_,
          .seconds = load.seconds,
          .asked_again = asked_again_,
          .held = held_};
  if (!run.unknown.empty()) return run;
  run.unknown = await_settled(load, wait);
  if (bystander_) orders_ = bystander_->end(plan_->surroundings.orders_min, wait.stop);
  if (healed_at_) run.converged = Clock::now() - *healed_at_;
  auto rows = deployment_->rows();
  if (!rows) {
    run.unknown = "the rows cannot be read: " + rows.error().text;
    return run;
  }
  run.found =
      check([&](const auto& see) { load.history->for_each(see); }, *rows, plan_->limit, promise());
  rows_ = *std::move(rows);
  count_from(load.opened_at, rows_);
  return run;
}

void Contestant::take(const Load& load, const Run& run) {
  const Calls calls = [&](const auto& see) { load.history->for_each(see); };
  tally_.add(run, result_);
  result_.orders.add(orders_);
  record_times(calls, rows_, run.unknown.empty(), result_);
  const bool flawed = !run.found.clean();
  if (!log_ || (result_.explanation && !flawed)) return;
  result_.explanation = explain(calls, log_->heard(load.opened_at), explained_requests_max);
  result_.explanation->run = result_.runs;
  result_.explanation->flawed = flawed;
  result_.explanation->cut = log_->cut();
}

}  // namespace couponctl::race
