// The contract that every registered strategy keeps, on real servers.
#include "strategies/strategy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <mutex>
#include <optional>
#include <thread>

#include "kafka/admin.h"
#include "live/servers.h"
#include "load/workers.h"
#include "race/bench.h"
#include "race/check.h"

namespace couponctl::strategies {
namespace {

using load::Answer;
using load::Clock;

constexpr std::int64_t limit = 20;
int scratch_number = 0;

Scratch new_scratch() {
  return {.name = fmt::format("couponctl_bench_test_{}_{}", getpid(), ++scratch_number),
          .servers = live::servers(),
          .limit = limit};
}

load::Wait patience() { return {.stop = {}, .deadline = Clock::now() + std::chrono::minutes(1)}; }

class Contract : public testing::TestWithParam<Strategy> {
 protected:
  ~Contract() override {
    if (!deployment_) return;
    EXPECT_TRUE(deployment_->drop(patience()));
  }

  const load::Promise& promise() const { return GetParam().info.promise; }

  // Begins the next run, and attaches to it by name.
  std::unique_ptr<load::Attachment> begin() {
    deployment_->reset(++scratch_.run, patience());
    return GetParam().attach(scratch_);
  }

  std::vector<core::UserId> users() {
    EXPECT_TRUE(deployment_->drain(patience()));
    std::vector<core::UserId> users;
    const auto rows = deployment_->rows();
    EXPECT_TRUE(rows) << rows.error().text;
    for (const auto& row : *rows) users.push_back(row.user);
    return users;
  }

  race::Findings race(load::Users users, int threads) {
    const auto attachment = begin();
    const load::Plan plan{.threads = threads, .requests = 300, .users = users, .seed = 1};
    const auto load = load::run(plan, *attachment, {}, [](auto) {});
    EXPECT_EQ(load.failed, 0) << load.first_error;
    EXPECT_TRUE(attachment->finish(patience()));
    const auto drained = deployment_->drain(patience());
    EXPECT_TRUE(drained) << drained.error().text;
    return race::check([&](const auto& see) { load.history->for_each(see); }, *deployment_->rows(),
                       limit, promise());
  }

  Scratch scratch_ = new_scratch();
  std::unique_ptr<load::Deployment> deployment_ = GetParam().deploy(scratch_);
};

TEST_P(Contract, GivesOneRowForOneRequest) {
  const auto attachment = begin();
  const auto answer = attachment->caller()->ask(core::UserId{7});
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(*answer, Answer::granted);
  ASSERT_TRUE(attachment->finish(patience()));
  EXPECT_EQ(users(), std::vector{core::UserId{7}});
}

TEST_P(Contract, CarriesTheLargestUserId) {
  constexpr core::UserId largest{std::numeric_limits<std::int64_t>::max()};
  const auto attachment = begin();
  ASSERT_TRUE(attachment->caller()->ask(largest));
  ASSERT_TRUE(attachment->finish(patience()));
  EXPECT_EQ(users(), std::vector{largest});
}

TEST_P(Contract, KeepsItsPromiseWhenDistinctUsersRace) {
  for (int run = 0; run < 3; ++run) EXPECT_FALSE(race({}, 32).breaks(promise()));
}

TEST_P(Contract, KeepsItsPromiseWhenOneUserRacesAgainstThemselves) {
  EXPECT_FALSE(race({load::Users::Kind::same, 0}, 32).breaks(promise()));
}

TEST_P(Contract, StartsEachRunEmpty) {
  race({}, 8);
  begin();
  EXPECT_TRUE(users().empty());
}

// Whatever comes late: a request that the server had kept waiting, a message on its way.
TEST_P(Contract, NeverCountsWhatWasAskedInAnEarlierRun) {
  const auto earlier = begin();
  const auto caller = earlier->caller();
  const auto now = begin();
  static_cast<void>(caller->ask(core::UserId{7}));
  static_cast<void>(earlier->finish(patience()));
  ASSERT_TRUE(now->caller()->ask(core::UserId{8}));
  ASSERT_TRUE(now->finish(patience()));
  EXPECT_EQ(users(), std::vector{core::UserId{8}});
}

// Asked for on a thread of its own, which may be late, it would be one of the next run.
TEST_P(Contract, AsksForTheHooksOfARunBeforeItHasBegun) {
  auto scratch = new_scratch();
  std::mutex mutex;
  std::vector<std::thread::id> asked_on;
  scratch.hook = [&](const auto&) {
    const std::scoped_lock lock(mutex);
    asked_on.push_back(std::this_thread::get_id());
    return nullptr;
  };
  const auto deployment = GetParam().deploy(scratch);
  deployment->reset(1, patience());
  deployment->restart(patience());
  deployment->rest();  // nothing of it runs any more
  for (const auto& thread : asked_on) EXPECT_EQ(thread, std::this_thread::get_id());
  EXPECT_TRUE(deployment->drop(patience()));
}

TEST_P(Contract, RunsAgainAfterARest) {
  race({}, 8);
  deployment_->rest();
  EXPECT_FALSE(race({}, 8).breaks(promise()));
}

TEST_P(Contract, LeavesNothingBehind) {
  race({}, 8);
  const auto dropped = deployment_->drop(patience());
  EXPECT_TRUE(dropped) << dropped.error().text;
  deployment_.reset();
  auto mysql = *mysql::Connection::connect(scratch_.servers.mysql);
  EXPECT_TRUE(mysql.query("SHOW DATABASES LIKE '" + scratch_.name + "'")->empty());
  EXPECT_EQ(live::redis_keys(scratch_.name + "*"), 0);
  EXPECT_EQ(live::redis_keys(fmt::format("coupon:{{*test_{}_{}-*", getpid(), scratch_number)), 0);
  EXPECT_FALSE(*kafka::Admin(scratch_.servers.kafka).has_topic(scratch_.name));
}

INSTANTIATE_TEST_SUITE_P(EveryStrategy, Contract, testing::ValuesIn(all()), [](const auto& test) {
  std::string name(test.param.info.name);
  std::ranges::replace(name, '-', '_');
  return name;
});

// What the write-ups claim of each step, in numbers.
race::DesignResult bench_one(std::string_view name, int threads, load::Users users, int runs) {
  auto strategies = all();
  std::erase_if(strategies, [&](const Strategy& one) { return one.info.name != name; });
  const auto servers = live::servers();
  const auto result =
      race::bench({.load = {.threads = threads, .requests = 1000, .users = users, .seed = 1},
                   .limit = 100,
                   .runs = runs,
                   .warm_up_runs = 0,
                   .strategies = strategies,
                   .servers = servers,
                   .presence = servers::probe(servers)},
                  {}, [](auto, auto, auto) {});
  EXPECT_EQ(result.designs.size(), 1U);
  EXPECT_EQ(result.designs.at(0).runs, runs) << result.designs.at(0).text();
  EXPECT_EQ(result.designs.at(0).errors, 0);
  return result.designs.at(0);
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
  EXPECT_FALSE(naive.breaks_promise);
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
