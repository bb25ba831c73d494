// What every order of a few callers' commands shows of each design, on real servers.
#include "race/explore.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "live/servers.h"

namespace couponctl::race {
namespace {

int scratch_number = 0;

ExplorePlan plan_of(std::string_view name) {
  auto strategies = strategies::all();
  const auto found =
      std::ranges::find(strategies, name, [](const auto& strategy) { return strategy.info.name; });
  EXPECT_NE(found, strategies.end()) << name;
  return {.strategy = *found,
          .scratch = fmt::format("couponctl_bench_test_explore_{}_{}", getpid(), ++scratch_number),
          .servers = live::servers()};
}

Exploration explored(const ExplorePlan& plan) {
  auto found = explore(plan, {}, [](auto) {});
  EXPECT_EQ(found.inconclusive, "");
  EXPECT_TRUE(found.exhaustive);
  return found;
}

std::int64_t orders_with(const Exploration& exploration, Flaw flaw) {
  const auto found = exploration.flaws.find(flaw);
  return found == exploration.flaws.end() ? 0 : found->second;
}

TEST(Explore, NaiveOverIssuesInEachOrder) {
  const auto naive = explored(plan_of("naive"));
  EXPECT_EQ(naive.orders, 6);
  EXPECT_EQ(orders_with(naive, Flaw::over), 6);
  EXPECT_EQ(naive.broken_orders, 0) << "it promises nothing";
}

TEST(Explore, NaiveGeShowsTheRaceAlone) {
  const auto naive_ge = explored(plan_of("naive-ge"));
  EXPECT_EQ(naive_ge.orders, 6);
  EXPECT_EQ(orders_with(naive_ge, Flaw::over), 4);
  const auto* const bad = shortest(naive_ge);
  ASSERT_NE(bad, nullptr);
  ASSERT_EQ(bad->steps.size(), 4U);
  EXPECT_EQ(bad->steps[0].command, "SELECT COUNT(*) FROM coupon");
  EXPECT_EQ(bad->steps[0].answer, "0");
  EXPECT_EQ(bad->steps[1].answer, "0");
  EXPECT_EQ(bad->told, (std::vector<std::string>{"granted", "granted"}));
  EXPECT_EQ(bad->found.issued, 2);
}

TEST(Explore, ReplaysAnOrder) {
  auto plan = plan_of("naive-ge");
  plan.replay = parse_schedule("1100");
  const auto found = explore(plan, {}, [](auto) {});
  ASSERT_TRUE(found.replayed) << found.inconclusive;
  EXPECT_EQ(found.replayed->told, (std::vector<std::string>{"sold out", "granted"}));
  plan = plan_of("naive-ge");
  plan.replay = parse_schedule("0000");
  EXPECT_NE(explore(plan, {}, [](auto) {}).inconclusive, "");
}

TEST(Explore, FindsTheOneWhoComesLateWithAnEarlierTime) {
  const auto zset = explored(plan_of("redis-zset"));
  EXPECT_GT(orders_with(zset, Flaw::over), 0);
  const auto again = explored(plan_of("redis-zset"));
  EXPECT_EQ(again.orders, zset.orders);
  EXPECT_EQ(again.flaws, zset.flaws);
}

TEST(Explore, CallsNoOrderRightInWhichACallerWasNotAnswered) {
  auto plan = plan_of("naive-ge");
  struct Unanswered final : load::Attachment {
    struct Caller final : load::Caller {
      core::Result<load::Answer> ask(core::UserId) override {
        return core::Error{core::Fault::refused, {}, "the database is read-only"};
      }
    };
    std::unique_ptr<load::Caller> caller() override { return std::make_unique<Caller>(); }
  };
  plan.strategy.attach = [](const auto&) { return std::make_unique<Unanswered>(); };
  const auto found = explore(plan, {}, [](auto) {});
  EXPECT_NE(found.inconclusive.find("the database is read-only"), std::string::npos);
  EXPECT_FALSE(found.exhaustive);
  EXPECT_EQ(found.orders, 0);
}

TEST(Explore, LetsSeveralWorkersPopOneList) {
  auto plan = plan_of("redis-lua-list");
  plan.workers = 2;
  plan.callers = 1;
  const auto found = explored(plan);
  EXPECT_EQ(found.bad_orders, 0);
  EXPECT_GT(found.orders, explored([] {
                            auto alone = plan_of("redis-lua-list");
                            alone.callers = 1;
                            return alone;
                          }())
                              .orders);
}

TEST(Explore, OfMutexSeesNothingInOneProcessAndTheRaceInTwo) {
  auto plan = plan_of("mutex");
  EXPECT_EQ(explored(plan).bad_orders, 0);
  plan = plan_of("mutex");
  plan.processes = 2;
  const auto in_two = explored(plan);
  EXPECT_GT(orders_with(in_two, Flaw::over), 0);
  EXPECT_EQ(in_two.broken_orders, 0) << "it promises nothing of two";
}

struct Right {
  const char* name;
  std::int64_t orders;  // counted by hand, or the same whenever it was tried
};
class RightInEachOrder : public testing::TestWithParam<Right> {};

TEST_P(RightInEachOrder, OfTwoCallers) {
  const auto found = explored(plan_of(GetParam().name));
  EXPECT_EQ(found.bad_orders, 0) << (shortest(found) ? shortest(found)->schedule : "");
  EXPECT_EQ(found.orders, GetParam().orders);
}

// pipeline: whoever is admitted first sends one message and forgets the entry, beside six
// statements of the consumer, 7 ways; the other one asks at one of 9 moments after the first; and
// either may be first: 7 * 9 * 2.
INSTANTIATE_TEST_SUITE_P(Explore, RightInEachOrder,
                         testing::Values(Right{"mysql-lock", 8}, Right{"mysql-update", 6},
                                         Right{"redis-lock", 8}, Right{"redis-incr", 4},
                                         Right{"redis-incr-kafka", 6}, Right{"redis-set-kafka", 24},
                                         Right{"redis-set-kafka-sync", 24},
                                         Right{"redis-lua-list", 16}, Right{"pipeline", 126}),
                         [](const auto& test) {
                           std::string name(test.param.name);
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(Explore, SeesTheLockOfMySqlThatOneWaitsFor) {
  const auto found = [] {
    auto plan = plan_of("mysql-lock");
    plan.replay = parse_schedule("01");
    return explore(plan, {}, [](auto) {});
  }();
  ASSERT_TRUE(found.replayed) << found.inconclusive;
  EXPECT_TRUE(found.replayed->steps.at(1).blocked);
  EXPECT_NE(found.replayed->steps.at(1).command.find("FOR UPDATE"), std::string::npos);
}

TEST(Explore, GivesTheSameUserTwoRowsWhereALockedCheckReadsWhatTheConsumerHasNotWritten) {
  auto plan = plan_of("lock-check-kafka");
  plan.same_user = true;
  plan.left = 2;
  plan.replay = parse_schedule("00000111112");
  const auto found = explore(plan, {}, [](auto) {});
  ASSERT_TRUE(found.replayed) << found.inconclusive;
  EXPECT_EQ(found.replayed->found.issued, 2);
  EXPECT_EQ(found.replayed->found.duplicate, 1);
}

TEST(ExploreCrash, OfTheSourcesFinalFormLocksAUserOutAndSpendsACouponOnNobody) {
  auto plan = plan_of("redis-set-kafka");
  plan.crash = true;
  const auto found = explored(plan);
  EXPECT_GT(orders_with(found, Flaw::locked_out), 0);
  EXPECT_GT(orders_with(found, Flaw::under), 0);
  EXPECT_GT(orders_with(found, Flaw::duplicate), 0) << "inserted, and not yet committed to Kafka";
  EXPECT_EQ(found.broken_orders, 0) << "it promises nothing of what fails";
}

TEST(ExploreCrash, LosesWhomAWorkerHasPopped) {
  auto plan = plan_of("redis-lua-list");
  plan.crash = true;
  plan.callers = 1;
  EXPECT_GT(orders_with(explored(plan), Flaw::lost), 0);
}

// A caller that dies before its ROLLBACK takes its row lock with it.
TEST(ExploreCrash, LeavesNoLockOfTheDatabaseBehind) {
  auto plan = plan_of("mysql-lock");
  plan.crash = true;
  const auto found = explored(plan);
  EXPECT_EQ(found.bad_orders, 0) << (shortest(found) ? shortest(found)->schedule : "");
  EXPECT_GT(found.orders, 20);
}

TEST(ExploreCrash, HasTheRelayHelpWhoDiedBeforeTheirMessage) {
  auto plan = plan_of("pipeline");
  plan.crash = true;
  plan.callers = 1;
  plan.replay = parse_schedule("0!0");
  const auto found = explore(plan, {}, [](auto) {});
  ASSERT_TRUE(found.replayed) << found.inconclusive;
  const auto& [schedule, actors, steps, told, findings] = *found.replayed;
  ASSERT_GT(steps.size(), 3U);
  EXPECT_EQ(actors.at(static_cast<std::size_t>(steps[2].actor)).name, "relay");
  EXPECT_EQ(actors.at(static_cast<std::size_t>(steps.back().actor)).name, "consumer");
  EXPECT_EQ(findings.issued, 1);
}

TEST(ExploreCrash, FindsNothingInThePipeline) {
  auto plan = plan_of("pipeline");
  plan.crash = true;
  plan.callers = 1;
  const auto found = explored(plan);
  EXPECT_EQ(found.bad_orders, 0) << (shortest(found) ? shortest(found)->schedule : "");
  EXPECT_GT(found.orders, 20);
}

}  // namespace
}  // namespace couponctl::race
