// What does the race make of designs that fail in every way? They live in memory; what real ones do
// on real servers is tested live.
#include "race/bench.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "core/failure.h"

namespace couponctl::race {
namespace {

using core::Error;
using core::Fault;
using core::Result;
using core::UserId;
using load::Answer;

constexpr std::int64_t limit = 10;

// Shared by the deployment, its callers and the test: the first ten win, unless told otherwise.
struct Design {
  std::function<Result<Answer>(int number)> answer = [](int number) -> Result<Answer> {
    return number <= limit ? Answer::granted : Answer::sold_out;
  };
  std::function<Result<void>(const load::Wait&)> drain = [](const load::Wait&) -> Result<void> {
    return {};
  };
  std::function<Result<void>()> can_read = []() -> Result<void> { return {}; };
  std::function<void(std::int64_t run)> reset = [](std::int64_t) {};
  std::function<void()> begin_next_event = [] {};
  std::function<void()> join_late = [] {};

  load::Promise promise{
      .never_over_quota = true, .one_per_user = true, .first_come_first_served = true};
  std::mutex mutex;
  std::vector<load::Row> rows;
  int asked = 0;
  bool dropped = false;
  bool resting = true;
  static inline std::atomic<int> awake = 0;
  static inline std::atomic<int> awake_at_once = 0;
};

class Deployment final : public load::Deployment {
 public:
  explicit Deployment(Design& design) : design_(design) {}

  void reset(std::int64_t run, const load::Wait&) override {
    design_.reset(run);
    design_.rows.clear();
    design_.asked = 0;
    if (std::exchange(design_.resting, false))
      Design::awake_at_once = std::max<int>(Design::awake_at_once, ++Design::awake);
  }
  Result<void> drain(const load::Wait& wait) override { return design_.drain(wait); }
  Result<std::vector<load::Row>> rows() override {
    if (auto readable = design_.can_read(); !readable) return readable.error();
    return design_.rows;
  }
  void begin_next_event(const load::Wait&) override {
    design_.rows.clear();
    design_.begin_next_event();
  }
  void join_late(const load::Wait&) override { design_.join_late(); }
  void rest() override {
    if (!std::exchange(design_.resting, true)) --Design::awake;
  }
  Result<void> drop(const load::Wait&) override {
    design_.dropped = true;
    return {};
  }

 private:
  Design& design_;
};

class Attachment final : public load::Attachment {
 public:
  explicit Attachment(Design& design) : design_(design) {}
  std::unique_ptr<load::Caller> caller() override { return std::make_unique<Caller>(design_); }

 private:
  struct Caller final : load::Caller {
    explicit Caller(Design& design) : design_(design) {}
    Result<Answer> ask(UserId user) override {
      const std::scoped_lock lock(design_.mutex);
      auto answer = design_.answer(++design_.asked);
      if (answer && *answer == Answer::granted) design_.rows.push_back({.user = user});
      return answer;
    }
    Design& design_;
  };

  Design& design_;
};

strategies::Strategy strategy_of(Design& design, std::string_view name) {
  return {{.name = name, .promise = design.promise, .needs = {.mysql = false}},
          [&design](const auto&) { return std::make_unique<Deployment>(design); },
          [&design](const auto&) { return std::make_unique<Attachment>(design); }};
}

BenchPlan plan_of(std::vector<strategies::Strategy> strategies, std::int64_t requests = 100) {
  return {.load = {.threads = 4, .requests = requests},
          .limit = limit,
          .runs = 3,
          .warm_up_runs = 1,
          .strategies = std::move(strategies)};
}

DesignResult race_alone(Design& design, const std::stop_token& stop = {},
                        std::int64_t requests = 100) {
  return bench(plan_of({strategy_of(design, "one")}, requests), stop, [](auto, auto, auto) {})
      .designs.front();
}

TEST(Bench, CallsExactWhatWasSeenToBeRight) {
  Design design;
  const auto result = race_alone(design);
  EXPECT_EQ(result.text(), "exact");
  EXPECT_EQ(result.runs, 3);
  EXPECT_EQ(result.issued.max, limit);
  EXPECT_EQ(result.latency.count(), 300);
  EXPECT_EQ(result.durable.count(), 3 * limit);
  EXPECT_TRUE(design.dropped);
}

TEST(Bench, CallsARaceWhoseEveryRequestFailedInconclusive) {
  Design design;
  design.answer = [](int) -> Result<Answer> { return Error{Fault::refused, {}, "OOM"}; };
  const auto result = race_alone(design);
  EXPECT_EQ(result.text(), "inconclusive: 300 of 300 requests failed, first with OOM");
  EXPECT_TRUE(result.requests_per_second.empty()) << "a rate of failures is no rate of requests";
  EXPECT_EQ(result.latency.count(), 0);
}

TEST(Bench, CallsOneFailureInTheMiddleInconclusive) {
  Design design;
  design.answer = [&](int number) -> Result<Answer> {
    if (number == 50) return Error{Fault::refused, {}, "OOM"};
    return number <= limit ? Answer::granted : Answer::sold_out;
  };
  EXPECT_EQ(race_alone(design).text(), "inconclusive: 3 of 300 requests failed, first with OOM");
}

TEST(Bench, CallsABrokenPromiseBrokenWhateverElseFailed) {
  Design design;
  design.answer = [](int number) -> Result<Answer> {
    if (number == 50) return Error{Fault::refused, {}, "OOM"};
    return number <= limit + 1 ? Answer::granted : Answer::sold_out;
  };
  const auto result = race_alone(design);
  EXPECT_EQ(result.verdict, Verdict::broken);
  EXPECT_EQ(result.text(), "over-issues");
}

TEST(Bench, CallsRowsThatCannotBeReadInconclusive) {
  Design design;
  design.can_read = []() -> Result<void> { return Error{Fault::unreachable, {}, "no database"}; };
  const auto result = race_alone(design);
  EXPECT_EQ(result.text(), "inconclusive: the rows cannot be read: no database");
}

TEST(Bench, CallsARunThatDidNotSettleInconclusiveAndNobodyLost) {
  Design design;
  design.drain = [](const load::Wait&) -> Result<void> {
    return Error{Fault::timeout, {}, "not settled: 10 messages left"};
  };
  design.can_read = [&]() -> Result<void> {
    design.rows.clear();
    return {};
  };
  const auto result = race_alone(design);
  EXPECT_EQ(result.text(), "inconclusive: not settled: 10 messages left");
  EXPECT_EQ(result.lost, 0);
  EXPECT_EQ(result.under, 0);
}

TEST(Bench, ClaimsNoInversionWhereARowMayStillCome) {
  Design design;
  design.answer = [](int number) -> Result<Answer> {
    if (number == 1) return Error{Fault::refused, {}, "OOM"};
    return number > 50 && number <= 50 + limit ? Answer::granted : Answer::sold_out;
  };
  design.drain = [](const load::Wait&) -> Result<void> {
    return Error{Fault::timeout, {}, "not settled: 10 messages left"};
  };
  const auto result = race_alone(design);
  EXPECT_EQ(result.verdict, Verdict::inconclusive);
  EXPECT_EQ(result.inversion, 0) << "to who was refused, too";
  EXPECT_EQ(result.errors, 3);
  EXPECT_EQ(result.unknown_not_issued, 0);
}

TEST(Bench, CallsALimitThatCouldNotBeReachedInconclusive) {
  Design design;
  EXPECT_EQ(race_alone(design, {}, limit).text(),
            "inconclusive: limit not reached, raise --requests or lower --limit");
}

TEST(Bench, CallsOneUserWhoGetsOneCouponExact) {
  Design design;
  design.answer = [](int number) -> Result<Answer> {
    return number == 1 ? Answer::granted : Answer::duplicate;
  };
  auto plan = plan_of({strategy_of(design, "one")});
  plan.load.users.kind = load::Users::Kind::same;
  const auto result = bench(plan, {}, [](auto, auto, auto) {}).designs.front();
  EXPECT_EQ(result.text(), "exact: one for each user, limit not reached");
}

TEST(Bench, SaysThatAUserIsLockedOut) {
  Design design;
  design.answer = [](int number) -> Result<Answer> {
    return number <= limit ? Answer::granted : Answer::duplicate;
  };
  const auto result = race_alone(design);
  EXPECT_EQ(result.text(), "locks out");
  EXPECT_EQ(result.locked_out, 3 * (100 - limit));
  EXPECT_TRUE(result.breaks_promise);
}

TEST(Bench, SaysThatWhoCameLaterWon) {
  Design design;
  design.answer = [](int number) -> Result<Answer> {
    return number > 50 && number <= 50 + limit ? Answer::granted : Answer::sold_out;
  };
  const auto result = race_alone(design);
  EXPECT_EQ(result.text(), "FCFS inversion");
  EXPECT_GT(result.inversion, 0);
  EXPECT_TRUE(result.breaks_promise);
}

TEST(Bench, HandsOnEachRunThatCountsAndNoOther) {
  Design design;
  std::stop_source stop;
  design.reset = [&](std::int64_t run) {
    if (run == 3) stop.request_stop();  // after a warm-up and two runs
  };
  auto plan = plan_of({strategy_of(design, "one")});
  std::vector<int> runs;
  plan.on_run = [&](const RunRecord& run) {
    runs.push_back(run.run);
    EXPECT_EQ(run.strategy, "one");
    EXPECT_EQ(run.calls.size(), 100);
    EXPECT_EQ(std::ssize(run.rows), limit);
    EXPECT_EQ(run.unknown, "");
  };
  bench(plan, stop.get_token(), [](auto, auto, auto) {});
  EXPECT_EQ(runs, (std::vector{1, 2}));
}

TEST(Bench, EndsAndCleansUpWhereARunCannotBeHandedOn) {
  Design design;
  auto plan = plan_of({strategy_of(design, "one")});
  plan.on_run = [](const RunRecord&) {
    throw core::Failure(core::Exit::runtime, "No space left on device");
  };
  EXPECT_THROW(bench(plan, {}, [](auto, auto, auto) {}), core::Failure);
  EXPECT_TRUE(design.dropped);
}

TEST(Bench, ExplainsTheFirstRunWithAFlawOrElseTheFirst) {
  Design design;
  auto plan = plan_of({strategy_of(design, "one")});
  EXPECT_FALSE(bench(plan, {}, [](auto, auto, auto) {}).designs.front().explanation);
  plan.explain = true;
  const auto clean = bench(plan, {}, [](auto, auto, auto) {}).designs.front();
  ASSERT_TRUE(clean.explanation);
  EXPECT_EQ(clean.explanation->run, 1);
  EXPECT_FALSE(clean.explanation->flawed);
  std::int64_t run_now = 0;
  design.reset = [&](std::int64_t run) { run_now = run; };
  design.answer = [&](int number) -> Result<Answer> {  // after the warm-up run 1, which is right
    return number <= limit + (run_now > 1 ? 1 : 0) ? Answer::granted : Answer::sold_out;
  };
  const auto flawed = bench(plan, {}, [](auto, auto, auto) {}).designs.front();
  ASSERT_TRUE(flawed.explanation);
  EXPECT_EQ(flawed.explanation->run, 2);
  EXPECT_TRUE(flawed.explanation->flawed);
}

TEST(Bench, SaysWhatBecameOfRequestsWithoutAnAnswer) {
  Design design;
  design.answer = [&](int number) -> Result<Answer> {
    if (number == 50) return Error{Fault::refused, {}, "OOM"};
    return number <= limit ? Answer::granted : Answer::sold_out;
  };
  const auto result = race_alone(design);
  EXPECT_EQ(result.errors, 3);
  EXPECT_EQ(result.unknown_issued, 0);
  EXPECT_EQ(result.unknown_not_issued, 3);
}

TEST(Bench, CountsNothingOfARunThatWasInterrupted) {
  Design design;
  std::stop_source stop;
  design.answer = [&](int number) -> Result<Answer> {
    if (number == 5) stop.request_stop();
    return Answer::granted;
  };
  const auto result = race_alone(design, stop.get_token());
  EXPECT_EQ(result.verdict, Verdict::interrupted);
  EXPECT_EQ(result.runs, 0);
  EXPECT_EQ(result.latency.count(), 0);
  EXPECT_TRUE(design.dropped);
}

TEST(Bench, JudgesTheRunsThatCameToTheirEndBeforeAnInterruption) {
  Design design;
  std::stop_source stop;
  design.reset = [&](std::int64_t run) {
    if (run == 3) stop.request_stop();  // after a warm-up and two runs
  };
  const auto result = race_alone(design, stop.get_token());
  EXPECT_EQ(result.text(), "exact");
  EXPECT_EQ(result.runs, 2);
}

TEST(Bench, LetsTheOthersRunWhereOneCannotBeSetUp) {
  Design broken;
  Design sound;
  broken.reset = [](std::int64_t) {
    throw core::Failure(core::Exit::runtime, "no right to make a topic");
  };
  const auto result = bench(plan_of({strategy_of(broken, "broken"), strategy_of(sound, "sound")}),
                            {}, [](auto, auto, auto) {});
  EXPECT_EQ(result.designs[0].text(), "could not run: no right to make a topic");
  EXPECT_EQ(result.designs[0].verdict, Verdict::failed);
  EXPECT_EQ(result.designs[1].text(), "exact");
}

TEST(Bench, LetsTheOthersRunWhereOneHasABug) {
  Design broken;
  Design sound;
  broken.reset = [](std::int64_t) { throw std::logic_error("a bug in the design"); };
  const auto result = bench(plan_of({strategy_of(broken, "broken"), strategy_of(sound, "sound")}),
                            {}, [](auto, auto, auto) {});
  EXPECT_EQ(result.designs[0].text(), "could not run: a bug in the design");
  EXPECT_EQ(result.designs[1].text(), "exact");
  EXPECT_TRUE(broken.dropped);
}

TEST(Bench, CallsADesignWhoseLaterRunCouldNotBeginInconclusive) {
  Design design;
  design.reset = [](std::int64_t run) {
    if (run == 2) throw core::Failure(core::Exit::unreachable, "no database");
  };
  const auto result = race_alone(design);
  EXPECT_EQ(result.runs, 1);
  EXPECT_EQ(result.text(), "inconclusive: run 2 could not begin: no database");
}

TEST(Bench, LetsNothingOfOneDesignRunWhileAnotherIsMeasured) {
  Design one;
  Design other;
  Design::awake_at_once = 0;
  bench(plan_of({strategy_of(one, "one"), strategy_of(other, "other")}), {},
        [](auto, auto, auto) {});
  EXPECT_EQ(Design::awake_at_once, 1);
}

DesignResult race_under(race::Fault fault, strategies::Strategy strategy) {
  strategy.info.needs.redis = true;
  auto plan = plan_of({std::move(strategy)});
  plan.presence.redis.answers = true;
  plan.fault = fault;
  return bench(plan, {}, [](auto, auto, auto) {}).designs.front();
}

TEST(BenchFault, JudgesTheSecondEventAlone) {
  Design design;
  design.begin_next_event = [&] { design.asked = 0; };
  const auto forgets = race_under(race::Fault::leftovers, strategy_of(design, "one"));
  EXPECT_EQ(forgets.issued.max, limit);
  EXPECT_EQ(forgets.latency.count(), 300);
  EXPECT_TRUE(forgets.why.empty()) << forgets.why;
  design.begin_next_event = [] {};
  const auto remembers = race_under(race::Fault::leftovers, strategy_of(design, "one"));
  EXPECT_EQ(remembers.text(), "under-issues, as expected");
  EXPECT_EQ(remembers.under, 3 * limit);
}

TEST(BenchFault, ShowsNothingAfterAnEventThatHasNotSettled) {
  Design design;
  design.drain = [](const load::Wait&) -> Result<void> {
    return Error{Fault::timeout, {}, "not settled: 10 messages left"};
  };
  design.begin_next_event = [] { FAIL() << "what is left would be taken for its own"; };
  const auto result = race_under(race::Fault::leftovers, strategy_of(design, "one"));
  EXPECT_EQ(result.text(), "inconclusive: the event before it: not settled: 10 messages left");
}

TEST(BenchFault, ShowsNothingAfterAnEventThatWasNotAnswered) {
  Design design;
  design.answer = [](int number) -> Result<Answer> {
    if (number == 50) return Error{Fault::refused, {}, "OOM"};
    return number <= limit ? Answer::granted : Answer::sold_out;
  };
  const auto result = race_under(race::Fault::leftovers, strategy_of(design, "one"));
  EXPECT_EQ(result.text(), "inconclusive: 3 of 300 requests failed, first with OOM");
  EXPECT_EQ(result.issued.max, 0);
}

TEST(BenchFault, LetsTheConsumerJoinWhenAllHaveAsked) {
  Design design;
  auto strategy = strategy_of(design, "one");
  strategy.deploy = [&](const strategies::Scratch& scratch) {
    scratch.hook({.name = "consumer"});
    return std::make_unique<Deployment>(design);
  };
  std::vector<int> asked;
  design.join_late = [&] {
    EXPECT_TRUE(design.resting) << "it was there during the storm";
    asked.push_back(design.asked);
  };
  race_under(race::Fault::late_consumer, strategy);
  EXPECT_EQ(asked, std::vector({100, 100, 100, 100}));
}

TEST(BenchFault, LeavesOutWhoHasNobodyInTheBackground) {
  Design design;
  const auto result = race_under(race::Fault::late_consumer, strategy_of(design, "one"));
  EXPECT_EQ(result.text(), "skipped: nobody inserts in the background");
}

TEST(Bench, TellsTheExpectedBugFromTheBrokenPromise) {
  Design naive;
  naive.promise = {};
  naive.answer = [](int) -> Result<Answer> { return Answer::granted; };
  const auto shown = race_alone(naive);
  EXPECT_EQ(shown.verdict, Verdict::shown);
  EXPECT_EQ(shown.text(), "over-issues, as expected");
  EXPECT_EQ(shown.bad_runs, 3);
  Design claimed;
  claimed.answer = naive.answer;
  EXPECT_EQ(race_alone(claimed).verdict, Verdict::broken);
}

TEST(Bench, SaysWhenTheRaceWasNotSeen) {
  Design naive;
  naive.promise = {};
  const auto result = race_alone(naive);
  EXPECT_EQ(result.verdict, Verdict::not_seen);
  EXPECT_EQ(result.text(), "race not seen, raise --threads");
}

TEST(Bench, NamesTheServerThatADesignNeeds) {
  Design design;
  auto strategy = strategy_of(design, "one");
  strategy.info.needs.redis = true;
  auto plan = plan_of({strategy});
  plan.presence.redis.reason = "redis nohost:6379: no such host";
  const auto result = bench(plan, {}, [](auto, auto, auto) {}).designs.front();
  EXPECT_EQ(result.text(), "skipped: redis nohost:6379: no such host");
}

}  // namespace
}  // namespace couponctl::race
