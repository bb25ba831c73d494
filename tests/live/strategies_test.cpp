// The contract that every registered strategy keeps, on real servers.
#include "strategies/strategy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "kafka/admin.h"
#include "live/servers.h"
#include "load/bench.h"
#include "load/judge.h"

namespace couponctl::strategies {
namespace {

constexpr std::int64_t limit = 20;
int scratch_number = 0;

Scratch new_scratch() {
  return {fmt::format("couponctl_bench_test_{}_{}", getpid(), ++scratch_number), live::servers(),
          limit};
}

load::Finding race(Strategy& strategy, const Promise& promise, load::Users users, int threads) {
  const load::Plan plan{.threads = threads, .requests = 300, .users = users, .seed = 1};
  strategy.reset();
  const auto storm = load::storm(plan, strategy, {}, [](auto) {});
  EXPECT_EQ(storm.errors, 0) << storm.first_error;
  const auto settled = strategy.settle();
  EXPECT_TRUE(settled) << settled.error().text;
  const auto applicants = users.kind == load::Users::Kind::same ? 1 : storm.requests;
  return load::judge({.limit = limit,
                      .requests = storm.requests,
                      .applicants = applicants,
                      .errors = storm.errors,
                      .granted = storm.granted,
                      .rows = *strategy.issued()},
                     promise);
}

class Contract : public testing::TestWithParam<Entry> {
 protected:
  const Promise& promise() const { return GetParam().info.promise; }

  const Scratch scratch_ = new_scratch();
  std::unique_ptr<Strategy> strategy_ = GetParam().make(scratch_);
};

TEST_P(Contract, GivesOneRowForOneRequest) {
  strategy_->reset();
  const auto answer = strategy_->applicant()->apply(core::UserId{7});
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(*answer, Answer::granted);
  ASSERT_TRUE(strategy_->settle());
  EXPECT_EQ(*strategy_->issued(), std::vector{core::UserId{7}});
}

TEST_P(Contract, CarriesTheLargestUserId) {
  constexpr core::UserId largest{std::numeric_limits<std::int64_t>::max()};
  strategy_->reset();
  ASSERT_TRUE(strategy_->applicant()->apply(largest));
  ASSERT_TRUE(strategy_->settle());
  EXPECT_EQ(*strategy_->issued(), std::vector{largest});
}

TEST_P(Contract, KeepsItsPromiseWhenDistinctUsersRace) {
  for (int run = 0; run < 3; ++run)
    EXPECT_FALSE(race(*strategy_, promise(), {}, 32).breaks(promise()));
}

TEST_P(Contract, KeepsItsPromiseWhenOneUserRacesAgainstThemselves) {
  const load::Users same{load::Users::Kind::same, 0};
  EXPECT_FALSE(race(*strategy_, promise(), same, 32).breaks(promise()));
}

TEST_P(Contract, StartsEachRoundEmpty) {
  race(*strategy_, promise(), {}, 8);
  strategy_->reset();
  ASSERT_TRUE(strategy_->settle());
  EXPECT_TRUE(strategy_->issued()->empty());
}

TEST_P(Contract, LeavesNothingBehind) {
  race(*strategy_, promise(), {}, 8);
  strategy_.reset();
  auto mysql = *mysql::Connection::connect(scratch_.servers.mysql);
  EXPECT_TRUE(mysql.query("SHOW DATABASES LIKE '" + scratch_.name + "'")->empty());
  auto redis = *redis::Client::connect(scratch_.servers.redis);
  EXPECT_EQ((*redis.command({"KEYS", scratch_.name + "*"}))->elements, 0U);
  EXPECT_FALSE(*kafka::Admin(scratch_.servers.kafka).has_topic(scratch_.name));
}

INSTANTIATE_TEST_SUITE_P(EveryStrategy, Contract, testing::ValuesIn(all()), [](const auto& test) {
  std::string name(test.param.info.name);
  std::ranges::replace(name, '-', '_');
  return name;
});

// What the write-ups claim of each step, in numbers.
load::StrategyResult bench_one(std::string_view name, int threads, load::Users users, int runs) {
  auto entries = all();
  std::erase_if(entries, [&](const Entry& entry) { return entry.info.name != name; });
  const auto servers = live::servers();
  const auto result =
      load::bench({.plan = {.threads = threads, .requests = 1000, .users = users, .seed = 1},
                   .limit = 100,
                   .runs = runs,
                   .warm_up_runs = 0,
                   .strategies = entries,
                   .servers = servers,
                   .presence = probe(servers)},
                  {}, [](auto, auto, auto) {});
  EXPECT_EQ(result.strategies.size(), 1U);
  EXPECT_EQ(result.strategies.at(0).skipped, "");
  EXPECT_EQ(result.strategies.at(0).errors, 0);
  return result.strategies.at(0);
}

TEST(Story, NaiveIssuesExactlyOneTooManyWithOneThread) {
  const auto naive = bench_one("naive", 1, {}, 1);
  EXPECT_EQ(naive.issued.min, 101);
  EXPECT_EQ(naive.issued.max, 101);
}

TEST(Story, NaiveGeIsExactWithOneThread) {
  const auto naive_ge = bench_one("naive-ge", 1, {}, 1);
  EXPECT_EQ(naive_ge.issued.min, 100);
  EXPECT_EQ(naive_ge.issued.max, 100);
}

TEST(Story, NaiveOverIssuesInAtLeastNineOfTenRunsWith32Threads) {
  const auto naive = bench_one("naive", 32, {}, 10);
  EXPECT_GE(naive.bad_runs, 9);
  EXPECT_GT(naive.over.max, 1) << "one too many is the off-by-one, not the race";
  EXPECT_FALSE(naive.promise_broken);
}

TEST(Story, TheFixesIssueExactlyTheLimitInEveryRun) {
  for (const auto* name : {"redis-incr", "redis-incr-kafka", "redis-set-kafka"}) {
    const auto fix = bench_one(name, 32, {}, 3);
    EXPECT_EQ(fix.bad_runs, 0) << name;
    EXPECT_EQ(fix.issued.min, 100) << name;
    EXPECT_EQ(fix.issued.max, 100) << name;
    EXPECT_EQ(fix.durable.count(), 300) << name;
  }
}

TEST(Story, TheSetGivesOneUserOneCoupon) {
  const auto set = bench_one("redis-set-kafka", 32, {load::Users::Kind::same, 0}, 3);
  EXPECT_EQ(set.issued.min, 1);
  EXPECT_EQ(set.issued.max, 1);
  EXPECT_EQ(set.bad_runs, 0);
}

}  // namespace
}  // namespace couponctl::strategies
