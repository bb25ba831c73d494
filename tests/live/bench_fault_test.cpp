// What each design loses when something fails in the middle of a run, and what the race is when it
// is no luck: the program as it ships, on servers of its own.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "live/servers.h"
#include "support/child.h"

namespace couponctl {
namespace {

using nlohmann::json;
using test::Child;

// Servers that start, fail and start again on a busy machine: it ends what hangs, not what is slow.
constexpr std::chrono::minutes ends_within{5};

const json& design(const json& race, std::string_view name) {
  const auto& designs = race.at("strategies");
  const auto found =
      std::ranges::find_if(designs, [&](const json& one) { return one.at("name") == name; });
  EXPECT_NE(found, designs.end()) << name;
  return *found;
}

json fault(const json& result, std::string_view name) {
  for (const auto& one : result.at("faults"))
    if (one.at("fault") == name) return one;
  ADD_FAILURE() << "no fault " << name;
  return {};
}

TEST(BenchFault, TheSourcesLoseWhereThePipelineKeepsItsPromise) {
  Child bench({COUPONCTL_BINARY, "bench", "--fault", "all", "--strategy",
               "redis-incr,redis-set-kafka,pipeline", "--output", "json"});
  ASSERT_EQ(bench.wait(ends_within), 0) << bench.err();
  const auto result = json::parse(bench.out());
  const auto sources = [&](const char* name) {
    return design(fault(result, name), "redis-set-kafka");
  };
  // Trap 4: fire and forget.
  EXPECT_GT(sources("broker-down").at("lost"), 0);
  // Trap 2 and the producer's queue: the place is taken and nobody has it.
  EXPECT_GT(sources("kill-applier").at("asked_again"), 0);
  // Trap 5: the failed event goes where it failed.
  EXPECT_GT(sources("database-down").at("lost"), 0);
  // Redis forgot who had one.
  EXPECT_GT(design(fault(result, "redis-flush"), "redis-incr").at("over_max"), 0);
  EXPECT_EQ(design(fault(result, "broker-down"), "redis-incr").at("outcome"), "skipped");
  for (const auto& one : result.at("faults")) {
    const auto& ours = design(one, "pipeline");
    EXPECT_EQ(ours.at("outcome"), "exact") << one.at("fault") << ": " << ours.at("verdict");
    EXPECT_EQ(ours.at("issued_max"), 100) << one.at("fault");
  }
}

// Trap 7: auto.offset.reset=latest.
TEST(BenchFault, WhoJoinsLateAtTheEndsLosesAllAndThePipelineNobody) {
  Child bench({COUPONCTL_BINARY, "bench", "--fault", "late-consumer", "--strategy",
               "redis-incr,redis-set-kafka,lock-check-kafka,redis-lua-list,pipeline", "--runs", "2",
               "--output", "json"});
  ASSERT_EQ(bench.wait(ends_within), 0) << bench.err();
  const auto late = fault(json::parse(bench.out()), "late-consumer");
  for (const auto* name : {"redis-set-kafka", "lock-check-kafka"}) {
    const auto& sources = design(late, name);
    EXPECT_EQ(sources.at("verdict"), "loses, as expected") << name;
    EXPECT_EQ(sources.at("issued_max"), 0) << name;
    EXPECT_EQ(sources.at("lost"), 2 * 100) << name;
  }
  EXPECT_EQ(design(late, "redis-incr").at("verdict"), "skipped: nobody inserts in the background");
  EXPECT_EQ(design(late, "redis-lua-list").at("issued_min"), 100) << "the list is as it was";
  EXPECT_EQ(design(late, "pipeline").at("verdict"), "exact");
  EXPECT_EQ(design(late, "pipeline").at("issued_min"), 100);
}

// Trap 8: the keys of the last event.
TEST(BenchFault, WhatIsLeftInRedisLeavesTheNextEventWithoutCoupons) {
  Child bench({COUPONCTL_BINARY, "bench", "--fault", "leftovers", "--strategy",
               "mysql-lock,redis-lock,redis-incr,redis-set-kafka,pipeline", "--runs", "2",
               "--output", "json"});
  ASSERT_EQ(bench.wait(ends_within), 0) << bench.err();
  const auto left = fault(json::parse(bench.out()), "leftovers");
  const auto& counter = design(left, "redis-incr");
  EXPECT_EQ(counter.at("verdict"), "under-issues, as expected");
  EXPECT_EQ(counter.at("issued_max"), 0);
  EXPECT_EQ(counter.at("under"), 2 * 100);
  const auto& users = design(left, "redis-set-kafka");
  EXPECT_EQ(users.at("verdict"), "locks out, under-issues, as expected");
  EXPECT_EQ(users.at("locked_out"), 2 * 1000);
  EXPECT_EQ(design(left, "mysql-lock").at("verdict"), "skipped: it keeps no keys");
  EXPECT_EQ(design(left, "redis-lock").at("issued_min"), 100) << "its lock was released";
  EXPECT_EQ(design(left, "pipeline").at("verdict"), "exact");
  EXPECT_EQ(design(left, "pipeline").at("issued_min"), 100);
}

TEST(BenchHold, NaiveIssuesExactlyAsManyAsHaveReadInEveryRun) {
  Child bench(live::with_addresses({COUPONCTL_BINARY, "bench", "--hold", "8", "--runs", "3",
                                    "--limit", "10", "--strategy",
                                    "naive,naive-ge,mutex,redis-incr", "--output", "json"}));
  ASSERT_EQ(bench.wait(ends_within), 0) << bench.err();
  const auto result = json::parse(bench.out());
  for (const auto* racing : {"naive", "naive-ge"}) {
    EXPECT_EQ(design(result, racing).at("issued_min"), 17) << racing;
    EXPECT_EQ(design(result, racing).at("issued_max"), 17) << racing;
    EXPECT_EQ(design(result, racing).at("held_max"), 8) << racing;
  }
  EXPECT_EQ(design(result, "mutex").at("issued_max"), 10);
  EXPECT_EQ(design(result, "mutex").at("held_max"), 1);
  EXPECT_EQ(design(result, "redis-incr").at("issued_max"), 10);
}

TEST(BenchProcesses, KeepThePromisesOfAllButTheMutex) {
  Child bench(
      live::with_addresses({COUPONCTL_BINARY, "bench", "--processes", "2", "--runs", "2",
                            "--strategy", "mutex,redis-incr,mysql-lock", "--output", "json"}));
  ASSERT_EQ(bench.wait(ends_within), 0) << bench.err();
  const auto result = json::parse(bench.out());
  EXPECT_EQ(result.at("parameters").at("processes"), 2);
  EXPECT_EQ(design(result, "redis-incr").at("outcome"), "exact");
  EXPECT_EQ(design(result, "mysql-lock").at("outcome"), "exact");
  const auto outcome = design(result, "mutex").at("outcome");
  EXPECT_TRUE(outcome == "shown" || outcome == "not_seen") << outcome;
}

}  // namespace
}  // namespace couponctl
