#include "race/check.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace couponctl::race {
namespace {

using core::UserId;
using load::Call;
using load::Outcome;
using load::Promise;

constexpr Promise exact{.never_over_quota = true};
constexpr Promise exact_per_user{.never_over_quota = true, .one_per_user = true};
constexpr Promise in_order{
    .never_over_quota = true, .one_per_user = true, .first_come_first_served = true};
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
  History& at(Outcome outcome, std::int64_t user, std::int64_t sent_ns, std::int64_t answered_ns) {
    calls.push_back(
        {.user = UserId{user}, .sent_ns = sent_ns, .answered_ns = answered_ns, .outcome = outcome});
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
  for (const auto flaw : all_flaws) EXPECT_EQ(found.count(flaw), 0) << name(flaw);
  EXPECT_EQ(found.unknown_issued, 0);
  EXPECT_EQ(found.unknown_not_issued, 0);
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
  const auto found = clean().told(Outcome::duplicate, {11, 11, 1}).checked(exact_per_user);
  expect_only(&Findings::locked_out, 1, found);
  EXPECT_TRUE(found.breaks(exact_per_user));
  const auto unanswered =
      clean().told(Outcome::unknown, {11}).told(Outcome::duplicate, {11}).checked(exact_per_user);
  EXPECT_EQ(unanswered.locked_out, 1) << "what was not answered explains no lock-out";
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
  auto found = run.checked(exact_per_user);
  EXPECT_EQ(std::exchange(found.unknown_not_issued, 0), 2);
  expect_only(&Findings::under, 1, found);
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

// Users 1 and 2 won, 4 was refused at 30; then 3 came, and won.
History inverted() {
  return History()
      .at(Outcome::granted, 1, 1, 10)
      .at(Outcome::granted, 2, 2, 20)
      .at(Outcome::sold_out, 4, 3, 30)
      .at(Outcome::granted, 3, 31, 40)
      .row({1, 2, 3});
}

TEST(Check, FindsExactlyAnInversionOfTheOrder) {
  const auto found = inverted().checked(in_order);
  expect_only(&Findings::inversion, 1, found);
  EXPECT_TRUE(found.breaks(in_order));
  EXPECT_FALSE(found.breaks(exact_per_user)) << "who promises no order breaks none";
}

TEST(Check, CallsWhoHadBegunByThenNoInversion) {
  auto run = inverted();
  run.calls.back().sent_ns = 30;
  EXPECT_TRUE(run.checked(in_order).clean());
}

TEST(Check, CallsNothingAnInversionWhereCallsHaveNoTimes) {
  auto run = inverted();
  for (auto& call : run.calls) call.due_ns = call.sent_ns = call.answered_ns = 0;
  EXPECT_TRUE(run.checked(in_order).clean());
}

TEST(Check, CallsARefusedUserWhoGotACouponAfterAllNoInversion) {
  const auto again = inverted().at(Outcome::granted, 4, 50, 60).row({4}).checked(in_order);
  EXPECT_EQ(again.inversion, 0);
  EXPECT_EQ(inverted().row({4}).checked(in_order).inversion, 0) << "with a row, however it came";
}

TEST(Check, TakesOffWhatMayHaveBeenReturnedFromTheInversions) {
  EXPECT_EQ(inverted().at(Outcome::unknown, 5, 1, 25).checked(in_order).inversion, 0)
      << "who was not answered may have had a coupon for a while";
  EXPECT_EQ(inverted().at(Outcome::granted, 5, 1, 25).checked(in_order).inversion, 0)
      << "so may who was granted one and lost it";
  EXPECT_EQ(inverted().at(Outcome::unknown, 5, 1, 25).row({5}).checked(in_order).inversion, 1)
      << "whose row is there has returned nothing";
}

TEST(Check, TakesAWinnerWhoHadAskedBeforeWithoutAnAnswerForNoInversion) {
  const auto run = inverted().at(Outcome::unknown, 3, 1, 5).row({3});
  EXPECT_EQ(run.checked(exact).inversion, 0) << "the first of the two may be the one that won";
}

TEST(Check, FindsExactlyARequestWithoutAnAnswerThatHasARow) {
  const auto run = History()
                       .told(Outcome::granted, {1, 2})
                       .told(Outcome::unknown, {3})
                       .told(Outcome::sold_out, {4})
                       .row({1, 2, 3});
  expect_only(&Findings::unknown_issued, 1, run.checked(in_order));
  EXPECT_FALSE(run.checked(in_order).breaks(in_order)) << "it is no flaw";
}

TEST(Check, FindsExactlyARequestWithoutAnAnswerThatHasNone) {
  const auto found = clean().told(Outcome::unknown, {11}).checked(in_order);
  expect_only(&Findings::unknown_not_issued, 1, found);
  EXPECT_FALSE(found.breaks(in_order));
}

TEST(Check, SettlesSeveralRequestsOfOneUserByTheRowsThatNoGrantExplains) {
  const auto found = History()
                         .told(Outcome::granted, {1})
                         .told(Outcome::unknown, {1, 1, 1})
                         .row({1, 1, 1})
                         .checked(exact);
  EXPECT_EQ(found.unknown_issued, 2) << "one of the rows is the granted one's";
  EXPECT_EQ(found.unknown_not_issued, 1);
}

}  // namespace
}  // namespace couponctl::race
