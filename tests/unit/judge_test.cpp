#include "load/judge.h"

#include <gtest/gtest.h>

namespace couponctl::load {
namespace {

using core::UserId;
using strategies::Promise;

constexpr Promise exact{.never_over_quota = true, .across_processes = true};
constexpr Promise exact_per_user{.never_over_quota = true, .one_per_user = true};
constexpr Promise none{};

std::vector<UserId> users(std::initializer_list<std::int64_t> numbers) {
  std::vector<UserId> list;
  for (const auto number : numbers) list.push_back(UserId{number});
  return list;
}

// Three coupons, ten distinct applicants, the first three won and have their rows.
Outcome clean() {
  return {.limit = 3,
          .requests = 10,
          .applicants = 10,
          .errors = 0,
          .granted = users({3, 1, 2}),
          .rows = users({1, 2, 3})};
}

TEST(Judge, FindsNothingInACleanRun) {
  const auto finding = judge(clean(), exact_per_user);
  EXPECT_TRUE(finding.clean());
  EXPECT_FALSE(finding.breaks(exact_per_user));
  EXPECT_EQ(finding.issued, 3);
}

TEST(Judge, FindsExactlyOverIssue) {
  auto outcome = clean();
  outcome.rows = outcome.granted = users({1, 2, 3, 4});
  const auto finding = judge(outcome, exact);
  EXPECT_EQ(finding.over, 1);
  EXPECT_EQ(finding.duplicate + finding.lost + finding.under, 0);
  EXPECT_TRUE(finding.breaks(exact));
  EXPECT_FALSE(finding.breaks(none));
}

TEST(Judge, FindsExactlyADuplicate) {
  auto outcome = clean();
  outcome.rows = outcome.granted = users({1, 2, 2});
  const auto finding = judge(outcome, exact_per_user);
  EXPECT_EQ(finding.duplicate, 1);
  EXPECT_EQ(finding.over + finding.lost + finding.under, 0);
  EXPECT_TRUE(finding.breaks(exact_per_user));
  EXPECT_FALSE(finding.breaks(exact));
}

TEST(Judge, FindsExactlyALostCoupon) {
  auto outcome = clean();
  outcome.rows = users({1, 2});
  const auto finding = judge(outcome, exact_per_user);
  EXPECT_EQ(finding.lost, 1);
  EXPECT_EQ(finding.over + finding.duplicate + finding.under, 0);
  EXPECT_TRUE(finding.breaks(none));
}

TEST(Judge, FindsACouponThatNobodyGot) {
  auto outcome = clean();
  outcome.rows = outcome.granted = users({1, 2});
  const auto finding = judge(outcome, exact_per_user);
  EXPECT_EQ(finding.under, 1);
  EXPECT_TRUE(finding.breaks(exact_per_user));
}

TEST(Judge, ExpectsOneRowOfOneUserOnlyWhereThatIsPromised) {
  const Outcome same_user{.limit = 3,
                          .requests = 10,
                          .applicants = 1,
                          .errors = 0,
                          .granted = users({1}),
                          .rows = users({1})};
  EXPECT_EQ(judge(same_user, exact_per_user).under, 0);
  EXPECT_EQ(judge(same_user, exact).under, 2);
}

TEST(Judge, DoesNotCallARequestThatFailedUnderIssue) {
  auto outcome = clean();
  outcome.errors = 1;
  outcome.rows = outcome.granted = users({1, 2});
  EXPECT_EQ(judge(outcome, exact_per_user).under, 0);
}

StrategyResult summed(std::int64_t over, bool broken) {
  StrategyResult result;
  result.over = {over, over};
  result.promise_broken = broken;
  return result;
}

TEST(Pronounce, TellsTheExpectedBugFromTheBrokenPromise) {
  auto naive = summed(6, false);
  pronounce(naive, none, true);
  EXPECT_EQ(naive.verdict, "over-issues, as expected");
  EXPECT_FALSE(naive.good);
  auto fix = summed(6, true);
  pronounce(fix, exact, true);
  EXPECT_EQ(fix.verdict, "over-issues");
  EXPECT_FALSE(fix.good);
}

TEST(Pronounce, SaysWhenTheRaceWasNotSeen) {
  auto naive = summed(0, false);
  pronounce(naive, none, true);
  EXPECT_EQ(naive.verdict, "race not seen, raise --threads");
  auto exact_one = summed(0, false);
  pronounce(exact_one, exact, true);
  EXPECT_EQ(exact_one.verdict, "exact");
  EXPECT_TRUE(exact_one.good);
}

}  // namespace
}  // namespace couponctl::load
