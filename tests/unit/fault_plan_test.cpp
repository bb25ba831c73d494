// Does a seed always give the same plan, and do plans stay within what a trial can do?
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "fault/plan.h"
#include "fault/points.h"

namespace couponctl::fault {
namespace {

constexpr std::size_t points_min = 24;

std::string content(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// What the product's sources give to kill_point, each time they call it.
std::set<std::string> kill_points_in_sources() {
  const std::regex call(R"re(kill_point\("([a-z._]+)"\))re");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(
           std::filesystem::path(COUPONCTL_SOURCE_DIR) / "lib")) {
    if (entry.path().extension() != ".cpp") continue;
    const auto text = content(entry.path());
    for (std::sregex_iterator found(text.begin(), text.end(), call), end; found != end; ++found)
      names.insert((*found)[1]);
  }
  return names;
}

TEST(FaultPlan, KnowsExactlyTheKillPointsOfTheSources) {
  std::set<std::string> known;
  for (const auto& point : points()) known.insert(std::string(point.name));
  EXPECT_EQ(known, kill_points_in_sources());
  EXPECT_GE(known.size(), points_min);
  EXPECT_EQ(known.size(), points().size()) << "a point is there twice";
}

TEST(FaultPlan, TheSameSeedGivesTheSamePlan) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed)
    EXPECT_EQ(describe(draw(seed)), describe(draw(seed)));
  EXPECT_NE(describe(draw(1)), describe(draw(2)));
}

// A seed that a log names must give that trial in a year, too.
TEST(FaultPlan, ASeedGivesTheSamePlanOnEveryMachine) {
  std::uint64_t sum = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    for (const char letter : describe(draw(seed)))
      sum = sum * 31 + static_cast<unsigned char>(letter);
  EXPECT_EQ(sum, 10138366333526122252U);
}

TEST(FaultPlan, TheTrialsOfARunHaveSeedsOfTheirOwn) {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t run = 0; run < 10; ++run)
    for (int trial = 1; trial <= 1000; ++trial) seeds.insert(seed_of_trial(run, trial));
  EXPECT_EQ(seeds.size(), 10'000U);
}

TEST(FaultPlan, ThereAreMoreApplicantsThanCoupons) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const auto plan = draw(seed);
    SCOPED_TRACE(describe(plan));
    int asked = 0;
    for (const auto& client : plan.clients) {
      EXPECT_GE(client.first_user, applicants_begin);
      EXPECT_GT(client.users, 0);
      asked += client.users;
    }
    EXPECT_GT(asked, plan.quota);
    EXPECT_GE(plan.poison, 1);
  }
}

TEST(FaultPlan, AboutHalfOfTheClientsNeverRetry) {
  int clients = 0;
  int retry = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed)
    for (const auto& client : draw(seed).clients) ++clients, retry += client.retries;
  EXPECT_NEAR(static_cast<double>(retry) / clients, 0.5, 0.05);
}

TEST(FaultPlan, EachKindOfFaultIsDrawn) {
  std::set<faults::Kind> drawn;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const auto plan = draw(seed);
    EXPECT_GE(plan.faults.size(), 2U);
    EXPECT_LE(plan.faults.size(), 6U);
    EXPECT_TRUE(std::ranges::is_sorted(plan.faults, {}, &Fault::at));
    for (const auto& fault : plan.faults) drawn.insert(fault.kind);
  }
  EXPECT_EQ(drawn.size(), faults::kinds_count);
}

TEST(FaultPlan, EachKillPointIsDrawn) {
  std::set<std::string> drawn;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    const auto plan = draw(seed);
    for (const auto& client : plan.clients) drawn.insert(client.armed.point);
    for (const auto& consumer : plan.consumers) drawn.insert(consumer.armed.point);
    for (const auto& armed : {plan.open, plan.raise, plan.recover, plan.replay, plan.ending})
      drawn.insert(armed.point);
  }
  for (const auto& point : points())
    EXPECT_EQ(drawn.contains(std::string(point.name)), point.passer != Passer::live_test)
        << point.name;
}

TEST(FaultPlan, ALiveTestKillsWhereTheDriverDoesNot) {
  std::string tests;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(COUPONCTL_SOURCE_DIR) / "tests/live"))
    tests += content(entry.path());
  for (const auto& point : points())
    EXPECT_TRUE(point.passer != Passer::live_test || tests.find(point.name) != std::string::npos)
        << point.name;
}

}  // namespace
}  // namespace couponctl::fault
