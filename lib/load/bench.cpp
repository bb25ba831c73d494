#include "load/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>

#include "load/judge.h"

namespace couponctl::load {
namespace {

using servers::Presence;
using strategies::Strategy;

struct Contestant {
  strategies::Info info;
  std::unique_ptr<Strategy> strategy;
  StrategyResult result;
};

std::string scratch_name(std::string_view strategy) {
  std::random_device entropy;
  auto name = fmt::format("couponctl_bench_{:08x}_{}", entropy(), strategy);
  std::ranges::replace(name, '-', '_');
  return name;
}

std::string missing_server(const strategies::Needs& needs, const Presence& presence) {
  if (needs.mysql && !presence.mysql.answers) return presence.mysql.reason;
  if (needs.redis && !presence.redis.answers) return presence.redis.reason;
  if (needs.kafka && !presence.kafka.answers) return presence.kafka.reason;
  return "";
}

std::vector<Contestant> enter(const BenchPlan& plan, const std::stop_token& stop) {
  std::vector<Contestant> contestants;
  for (const auto& entry : plan.strategies) {
    Contestant contestant{entry.info, nullptr, {}};
    contestant.result.name = entry.info.name;
    contestant.result.expected = entry.info.promise.never_over_quota ? "exact" : "over-issues";
    contestant.result.skipped = missing_server(entry.info.needs, plan.presence);
    if (contestant.result.skipped.empty() && !stop.stop_requested())
      contestant.strategy = entry.make({scratch_name(entry.info.name), plan.servers, plan.limit});
    contestants.push_back(std::move(contestant));
  }
  return contestants;
}

std::int64_t applicants(const Plan& plan, std::int64_t requests) {
  std::set<core::UserId> users;
  if (plan.users.kind == Users::Kind::distinct) return requests;
  if (plan.users.kind == Users::Kind::same) return std::min<std::int64_t>(1, requests);
  for (std::int64_t i = 0; i < requests; ++i) users.insert(user_of(plan, i));
  return std::ssize(users);
}

void widen(Spread& spread, std::int64_t value, bool first) {
  spread.min = first ? value : std::min(spread.min, value);
  spread.max = first ? value : std::max(spread.max, value);
}

void add(StrategyResult& result, const Finding& finding, const strategies::Promise& promise) {
  const bool first = result.runs++ == 0;
  widen(result.issued, finding.issued, first);
  widen(result.over, finding.over, first);
  result.duplicate += finding.duplicate;
  result.lost += finding.lost;
  result.under += finding.under;
  if (!finding.clean()) ++result.bad_runs;
  if (finding.breaks(promise)) result.promise_broken = true;
}

class Contest {
 public:
  Contest(const BenchPlan& plan, const std::stop_token& stop, const BenchProgress& on_progress)
      : plan_(plan), stop_(stop), on_progress_(on_progress), contestants_(enter(plan, stop)) {
    const auto racing = std::ranges::count_if(
        contestants_, [](const Contestant& contestant) { return contestant.strategy != nullptr; });
    total_ = racing * (plan.runs + plan.warm_up_runs) * plan.plan.requests;
  }

  void run() {
    for (int round = 0; round < plan_.warm_up_runs + plan_.runs; ++round) {
      for (auto& contestant : contestants_) {
        if (stop_.stop_requested()) return;
        if (contestant.strategy) run_once(contestant, round - plan_.warm_up_runs);
      }
      std::ranges::reverse(contestants_);
    }
  }

  BenchResult result() {
    BenchResult result;
    result.seed = plan_.plan.seed;
    result.threads = plan_.plan.threads;
    result.requests = plan_.plan.requests;
    result.limit = plan_.limit;
    result.runs = plan_.runs;
    result.interrupted = stop_.stop_requested();
    result.kafka_is_mock = plan_.presence.kafka_is_mock;
    result.notes = notes_;
    std::ranges::sort(contestants_, {}, [](const Contestant& c) { return c.info.step; });
    const auto most = applicants(plan_.plan, plan_.plan.requests);
    for (auto& contestant : contestants_) {
      auto& found = contestant.result;
      if (found.skipped.empty() && found.runs == 0) found.skipped = "interrupted";
      const bool per_user = contestant.info.promise.one_per_user;
      if (found.skipped.empty())
        pronounce(found, contestant.info.promise,
                  (per_user ? most : plan_.plan.requests) > plan_.limit);
      result.strategies.push_back(std::move(found));
    }
    return result;
  }

 private:
  // `run` counts from 0; a negative one is a warm-up.
  void run_once(Contestant& contestant, int run) {
    auto& strategy = *contestant.strategy;
    const auto what =
        run < 0 ? fmt::format("{}, warm-up", contestant.info.name)
                : fmt::format("{}, run {} of {}", contestant.info.name, run + 1, plan_.runs);
    strategy.reset();
    const auto storm = load::storm(plan_.plan, strategy, stop_, [&](std::int64_t begun) {
      on_progress_(done_ + begun, total_, what);
    });
    const auto durable = strategy.settle();
    const auto rows = strategy.issued();
    done_ += plan_.plan.requests;
    on_progress_(done_, total_, what);
    if (!durable) note(contestant, "did not settle: " + durable.error().text);
    if (!rows) note(contestant, "the rows cannot be read: " + rows.error().text);
    if (run < 0 || !rows) return;
    take(contestant, storm, *rows);
    if (durable) take_durable(contestant.result, storm, *durable);
  }

  void take(Contestant& contestant, const Storm& storm, const std::vector<core::UserId>& rows) {
    auto& result = contestant.result;
    const auto& promise = contestant.info.promise;
    const Outcome outcome{.limit = plan_.limit,
                          .requests = storm.requests,
                          .applicants = applicants(plan_.plan, storm.requests),
                          .errors = storm.errors,
                          .granted = storm.granted,
                          .rows = rows};
    add(result, judge(outcome, promise), promise);
    result.latency.merge(storm.latency);
    result.errors += storm.errors;
    if (storm.errors > 0)
      note(contestant,
           fmt::format("{} requests failed, the first with: {}", storm.errors, storm.first_error));
    if (storm.seconds > 0)
      result.requests_per_second.push_back(static_cast<double>(storm.requests) / storm.seconds);
  }

  // A design that writes at once is durable when it answers.
  static void take_durable(StrategyResult& result, const Storm& storm,
                           const std::vector<std::chrono::nanoseconds>& durable) {
    if (durable.empty()) result.durable.merge(storm.granted_latency);
    for (const auto duration : durable) result.durable.record(duration.count());
  }

  void note(const Contestant& contestant, std::string_view text) {
    constexpr std::size_t notes_max = 20;  // enough to see what is wrong
    if (notes_.size() < notes_max)
      notes_.push_back(fmt::format("{}: {}", contestant.info.name, text));
  }

  const BenchPlan& plan_;
  const std::stop_token& stop_;
  const BenchProgress& on_progress_;
  std::vector<Contestant> contestants_;
  std::vector<std::string> notes_;
  std::int64_t total_ = 0;
  std::int64_t done_ = 0;
};

}  // namespace

BenchResult bench(const BenchPlan& plan, const std::stop_token& stop,
                  const BenchProgress& on_progress) {
  Contest contest(plan, stop, on_progress);
  contest.run();
  return contest.result();
}

}  // namespace couponctl::load
