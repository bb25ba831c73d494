#include "race/check.h"

#include <gtest/gtest.h>

#include <vector>

namespace couponctl::race {
namespace {

using core::UserId;
using load::Call;
using load::Outcome;
using load::Promise;

constexpr Promise exact{.never_over_quota = true};
constexpr Promise exact_per_user{.never_over_quota = true, .one_per_user = true};
constexpr Promise none{};
constexpr std::int64_t coupons = 3;

// A run as it might have been: what was told, and the rows.
struct History {
  std::vector<Call> calls;
  std::vector<load::Row> rows;

  History& told(Outcome outcome, std::initializer_list<std::int64_t> users) {
    for (const auto user : users) calls.push_back({.user = UserId{user}, .outcome = outcome});
    return *this;
  }
  History& row(std::initializer_list<std::int64_t> users) {
    for (const auto user : users) rows.push_back({.user = UserId{user}});
    return *this;
  }
  Findings checked(const Promise& promise) const {
    return check(
        [&](const auto& see) {
          for (const auto& call : calls) see(call);
        },
        rows, coupons, promise);
  }
};

// Three coupons, ten distinct users, of whom the first three won and have their rows.
History clean() {
  return History()
      .told(Outcome::granted, {3, 1, 2})
      .told(Outcome::sold_out, {4, 5, 6, 7, 8, 9, 10})
      .row({1, 2, 3});
}

// The planted anomaly and nothing else.
void expect_only(std::int64_t Findings::*what, std::int64_t count, Findings found) {
  EXPECT_EQ(found.*what, count);
  found.*what = 0;
  EXPECT_TRUE(found.clean()) << "over " << found.over << " duplicate " << found.duplicate
                             << " lost " << found.lost << " phantom " << found.phantom << " under "
                             << found.under;
}

TEST(Check, FindsNothingInACleanRun) {
  const auto found = clean().checked(exact_per_user);
  EXPECT_TRUE(found.clean());
  EXPECT_FALSE(found.breaks(exact_per_user));
  EXPECT_EQ(found.issued, 3);
}

TEST(Check, FindsExactlyOverIssue) {
  const auto found = clean().told(Outcome::granted, {11}).row({11}).checked(exact);
  expect_only(&Findings::over, 1, found);
  EXPECT_TRUE(found.breaks(exact));
  EXPECT_FALSE(found.breaks(none));
}

TEST(Check, FindsExactlyADuplicate) {
  const auto found =
      History().told(Outcome::granted, {1, 2}).told(Outcome::sold_out, {3}).row({1, 2, 2});
  expect_only(&Findings::duplicate, 1, found.checked(exact_per_user));
  EXPECT_TRUE(found.checked(exact_per_user).breaks(exact_per_user));
  EXPECT_FALSE(found.checked(exact).breaks(exact));
}

TEST(Check, FindsExactlyALostCoupon) {
  auto run = clean();
  run.rows.pop_back();
  const auto found = run.checked(exact_per_user);
  expect_only(&Findings::lost, 1, found);
  EXPECT_TRUE(found.breaks(none)) << "nobody may lose a coupon while nothing fails";
}

TEST(Check, FindsExactlyAPhantom) {
  auto run = clean();
  run.calls.erase(run.calls.begin());  // the one of user 3
  const auto found = run.checked(exact_per_user);
  expect_only(&Findings::phantom, 1, found);
  EXPECT_TRUE(found.breaks(none));
}

TEST(Check, FindsExactlyACouponThatNobodyGot) {
  const auto run =
      History().told(Outcome::granted, {1, 2}).told(Outcome::sold_out, {3, 4, 5}).row({1, 2});
  expect_only(&Findings::under, 1, run.checked(exact_per_user));
  EXPECT_TRUE(run.checked(exact_per_user).breaks(exact_per_user));
  EXPECT_FALSE(run.checked(none).breaks(none));
}

TEST(Check, ExpectsOneRowOfOneUserOnlyWhereThatIsPromised) {
  const auto run =
      History().told(Outcome::granted, {1}).told(Outcome::duplicate, {1, 1, 1, 1}).row({1});
  EXPECT_TRUE(run.checked(exact_per_user).clean());
  EXPECT_TRUE(run.checked(exact).clean()) << "who is told to have one has asked for nothing else";
  const auto granted = History().told(Outcome::granted, {1, 1}).row({1});
  EXPECT_EQ(granted.checked(exact).lost, 1);
}

TEST(Check, FindsExactlyAUserWhoIsLockedOut) {
  const auto run = clean().told(Outcome::unknown, {11}).told(Outcome::duplicate, {11, 11, 1});
  const auto found = run.checked(exact_per_user);
  EXPECT_EQ(found.locked_out, 1);
  EXPECT_EQ(found.over + found.duplicate + found.lost + found.phantom + found.under, 0);
  EXPECT_TRUE(found.breaks(exact_per_user));
}

TEST(Check, CallsNobodyLockedOutWhoCameTooLateToo) {
  const auto run = clean().told(Outcome::sold_out, {11}).told(Outcome::duplicate, {11});
  EXPECT_TRUE(run.checked(exact_per_user).clean());
}

TEST(Check, TakesACallWithoutAnAnswerForNeitherLostNorPhantom) {
  auto run = clean();
  run.calls.front().outcome = Outcome::unknown;
  EXPECT_TRUE(run.checked(exact_per_user).clean()) << "the row is there";
  run.rows.pop_back();
  run.told(Outcome::unknown, {12, 13});
  run.calls.erase(run.calls.begin() + 3, run.calls.begin() + 10);  // nobody was refused
  EXPECT_TRUE(run.checked(exact_per_user).clean()) << "it may have been granted, and may be not";
}

TEST(Check, DoesNotLetFailuresHideAnUnderIssueThatIsCertain) {
  const auto run = History()
                       .told(Outcome::granted, {1, 2})
                       .told(Outcome::unknown, {3, 4})
                       .told(Outcome::sold_out, {5})
                       .row({1, 2});
  expect_only(&Findings::under, 1, run.checked(exact_per_user));
}

TEST(Check, TakesWhoWasToldDuplicateForSomebodyWhoMayHoldARow) {
  const auto run = History()
                       .told(Outcome::granted, {1, 2})
                       .told(Outcome::duplicate, {3})
                       .told(Outcome::sold_out, {4})
                       .row({1, 2, 3});
  EXPECT_TRUE(run.checked(exact_per_user).clean());
}

TEST(Check, CountsOnlyDifferentUsersAsRefusedWhereOneEachIsPromised) {
  const auto run =
      History().told(Outcome::granted, {1}).told(Outcome::sold_out, {2, 2, 2, 2}).row({1});
  EXPECT_EQ(run.checked(exact_per_user).under, 1);
  EXPECT_EQ(run.checked(exact).under, 2) << "two coupons are left, and four requests were refused";
}

}  // namespace
}  // namespace couponctl::race
