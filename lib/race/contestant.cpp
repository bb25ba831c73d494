#include "race/contestant.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>

#include "core/failure.h"
#include "race/times.h"

namespace couponctl::race {
namespace {

using load::Clock;

// Of an explained run: enough for every request of a usual one, and some 100 MB at the most.
constexpr std::size_t heard_commands_max = 200'000;
constexpr int explained_requests_max = 8;
// Orders while there are no coupons: enough for a median, within a second or less.
constexpr double alone_per_second_min = 20;
constexpr std::int64_t alone_orders = 20;

// From now on durable_at counts from when the gate opened.
void count_from(Clock::time_point opened_at, std::vector<load::Row>& rows) {
  for (auto& row : rows)
    if (row.durable_at.count() != 0) row.durable_at -= opened_at.time_since_epoch();
}

Calls calls_of(const load::Load& load) {
  return [&load](const auto& see) { load.history->for_each(see); };
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
  return (info.under_faults || !fails) && (info.across_processes || processes_of(*plan_) == 1);
}

// It has begun: whoever works in the background has a hook by now.
bool Contestant::has_nobody_to_touch() const {
  const bool is_about_consumer =
      plan_->fault == Fault::kill_consumer || plan_->fault == Fault::late_consumer;
  return is_about_consumer && !kill_switch_->has_any();
}

void Contestant::run(std::int64_t number, bool counts, const load::Wait& wait,
                     const std::function<void(std::int64_t)>& on_progress) {
  std::optional<Seen> seen;
  listen(counts);
  try {
    begin(number, wait);
    if (has_nobody_to_touch())
      skip("nobody inserts in the background");
    else
      seen = see(wait, on_progress);
    if (wait.stop.stop_requested()) seen.reset();
    if (seen && is_metered_) result_.cost = meter_->of(seen->made.load.requests());
    if (!counts) seen.reset();
    if (seen) take(*seen);
  } catch (const std::exception& failure) {
    seen.reset();
    if (!wait.stop.stop_requested()) out_ = failure.what();
  }
  rest(wait);
  if (seen) tell(*seen);
  seen.reset();
  ::malloc_trim(0);  // what a thousand callers have left is not added to the next run's
}

// Who hears of the commands of the run to come.
void Contestant::listen(bool counts) {
  log_.reset();
  is_metered_ = !counts && !plan_->fault && processes_of(*plan_) == 1;
  if (counts && plan_->explain && !(result_.explanation && result_.explanation->flawed))
    log_ = std::make_unique<CommandLog>(
        plan_->load.threads, heard_commands_max / static_cast<std::size_t>(plan_->load.threads));
}

void Contestant::rest(const load::Wait& wait) {
  if (bystander_) bystander_->end(0, wait.stop);
  if (deployment_) deployment_->rest();
  if (scratch_.pool) scratch_.pool->disconnect();
}

void Contestant::tell(const Seen& seen) {
  plan_->on_run({.strategy = info().name,
                 .promise = is_judged() ? promise() : load::Promise{},
                 .run = result_.runs,
                 .calls = *seen.made.load.history,
                 .rows = seen.rows,
                 .first_error = seen.run.first_error,
                 .unknown = seen.run.unknown});
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
  auto plan = plan_->surroundings.bystander;
  if (plan.per_second == 0) return;
  bystander_ = std::make_unique<Bystander>(plan, scratch_.pool);
  plan.per_second = std::max(plan.per_second, alone_per_second_min);
  Bystander alone(plan, scratch_.pool);
  alone.begin();
  result_.orders_alone = alone.end(alone_orders, wait.stop);
}

void Contestant::begin(std::int64_t number, const load::Wait& wait) {
  if (!deployment_) deploy(wait);
  scratch_.run = number;
  deployment_->reset(number, soon(wait));
  if (scratch_.pool) core::or_throw(scratch_.pool->connect(), core::Exit::unreachable);
  observer_.reset();
  if (!is_metered_ || !info().needs.mysql) return;
  // Who cannot be counted is not: that keeps nobody from running.
  auto address = plan_->servers.mysql;
  address.database.clear();
  if (auto connection = mysql::Connection::connect(address)) observer_ = *std::move(connection);
}

load::Plan Contestant::load_plan() {
  auto plan = plan_->load;
  if (log_) plan.hook = [this](int worker) { return log_->hook(worker); };
  if (is_metered_) plan.hook = [this](int) { return meter_->hook(); };
  // Orders come from the first request on; halfway everybody has the connections that they need.
  if (bystander_)
    plan.interludes.push_back(
        {.at = 1, .room = plan.requests, .act = [this] { bystander_->begin(); }});
  if (observer_)
    plan.interludes.push_back({.at = plan.requests / 2, .room = plan.requests, .act = [this] {
                                 meter_->saw_connections(connections_to(*observer_, scratch_.name));
                               }});
  return plan;
}

// Makes the run, waits until it is settled and reads what is there.
Contestant::Seen Contestant::see(const load::Wait& wait,
                                 const std::function<void(std::int64_t)>& on_progress) {
  RunMaker maker({.plan = *plan_,
                  .strategy = strategy_,
                  .scratch = scratch_,
                  .deployment = *deployment_,
                  .kill_switch = *kill_switch_},
                 load_plan());
  meter_->begin();
  Seen seen{.made = maker.make(wait, on_progress)};
  const auto& [load, unfinished, spoilt, held, asked_again, healed_at] = seen.made;
  seen.run = {.requests = load.requests(),
              .failed = load.failed,
              .first_error = load.first_error,
              .unknown = spoilt,
              .seconds = load.seconds,
              .asked_again = asked_again,
              .held = held};
  if (!spoilt.empty()) return seen;
  seen.run.unknown = maker.await_settled(seen.made, wait);
  if (bystander_) seen.orders = bystander_->end(plan_->surroundings.orders_min, wait.stop);
  if (healed_at) seen.run.converged = Clock::now() - *healed_at;
  auto rows = deployment_->rows();
  if (!rows) {
    seen.run.unknown = "the rows cannot be read: " + rows.error().text;
    return seen;
  }
  seen.run.found = check(calls_of(seen.made.load), *rows, plan_->limit, promise());
  seen.rows = *std::move(rows);
  count_from(load.opened_at, seen.rows);
  return seen;
}

void Contestant::take(const Seen& seen) {
  const auto calls = calls_of(seen.made.load);
  tally_.add(seen.run, result_);
  result_.orders.add(seen.orders);
  record_times(calls, seen.rows, seen.run.unknown.empty(), result_);
  const bool flawed = !seen.run.found.clean();
  if (!log_ || (result_.explanation && !flawed)) return;
  result_.explanation =
      explain(calls, log_->heard(seen.made.load.opened_at), explained_requests_max);
  result_.explanation->run = result_.runs;
  result_.explanation->flawed = flawed;
  result_.explanation->cut = log_->cut();
}

}  // namespace couponctl::race
