#include "race/presets.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace couponctl::race {
namespace {

using Kind = Claim::Kind;
using Word = Judgement::Word;

bool exists(std::string_view design) {
  return std::ranges::any_of(strategies::all(),
                             [&](const auto& one) { return one.info.name == design; });
}

TEST(Presets, ClaimThingsOfDesignsThatExist) {
  for (const auto& preset : presets())
    for (const auto& trial : preset.trials) {
      EXPECT_FALSE(trial.claims.empty()) << preset.name << ", " << trial.name;
      for (const auto& name : designs_of(trial)) EXPECT_TRUE(exists(name)) << name;
    }
}

TEST(Presets, AreWhole) {
  std::set<std::string_view> names;
  for (const auto& preset : presets()) {
    names.insert(preset.name);
    EXPECT_FALSE(preset.sentence.empty()) << preset.name;
    EXPECT_GT(preset.requests, preset.limit) << preset.name;
    for (const auto& trial : preset.trials)
      for (const auto& claim : trial.claims) {
        EXPECT_FALSE(claim.says.empty()) << preset.name << ", " << claim.design;
        const bool compares = claim.kind == Kind::times_slower || claim.kind == Kind::slower ||
                              claim.kind == Kind::faster;
        EXPECT_EQ(compares, !claim.base.empty()) << claim.says;
        EXPECT_EQ(claim.kind == Kind::times_slower, claim.times > 0) << claim.says;
        EXPECT_EQ(claim.kind == Kind::not_tested, !claim.why_not.empty()) << claim.says;
        EXPECT_EQ(claim.kind == Kind::one_row, trial.users.kind == load::Users::Kind::same)
            << claim.says;
      }
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"S0", "S1", "S2", "S3", "S4", "10:00"}));
}

TEST(Presets, RaceOnlyDesignsThatSomethingIsClaimedOfOrComparedWith) {
  const auto& one = preset("S4");
  const BenchPlan all{.strategies = strategies::all()};
  const auto plan = plan_of(one, one.trials.back(), all);
  ASSERT_EQ(plan.strategies.size(), 1U);
  EXPECT_EQ(plan.strategies[0].info.name, "redis-set-kafka");
  EXPECT_EQ(plan.load.users.kind, load::Users::Kind::same);
  EXPECT_EQ(plan.count_key, "couponCount");
  EXPECT_EQ(plan_of(one, one.trials[1], all).processes, 2) << "two servers";
}

TEST(Presets, LeaveOutWhatDoesNotRace) {
  auto racing = strategies::all();
  std::erase_if(racing, [](const auto& one) { return one.info.name != "mysql-lock"; });
  const auto trials = trials_of(preset("S0"), racing);
  ASSERT_EQ(trials.size(), 1U) << "no mutex, no two servers";
  for (const auto& claim : trials[0].claims) EXPECT_EQ(claim.design, "mysql-lock");
  EXPECT_TRUE(trials_of(preset("S0"), {}).empty());
}

DesignResult found(std::string name, Verdict verdict, Spread issued,
                   std::vector<double> requests_per_second = {}) {
  DesignResult design;
  design.name = std::move(name);
  design.verdict = verdict;
  design.runs = 3;
  design.issued = issued;
  design.requests_per_second = std::move(requests_per_second);
  return design;
}

RaceResult race_of(std::vector<DesignResult> designs) {
  RaceResult result;
  result.limit = 100;
  result.designs = std::move(designs);
  return result;
}

Word word_of(const Claim& claim, const DesignResult& design) {
  return judge(claim, race_of({design})).word;
}

TEST(Judge, OverIssuesAsClaimedByAnyNumber) {
  const Claim claim{.design = "a", .kind = Kind::over_issues};
  EXPECT_EQ(word_of(claim, found("a", Verdict::shown, {100, 101})), Word::as_claimed);
  EXPECT_EQ(word_of(claim, found("a", Verdict::not_seen, {100, 100})), Word::not_measured)
      << "luck refutes nothing";
  EXPECT_EQ(word_of(claim, found("a", Verdict::inconclusive, {90, 100})), Word::not_measured);
  EXPECT_EQ(word_of(claim, found("a", Verdict::inconclusive, {90, 101})), Word::as_claimed)
      << "a row too many is certain, whatever else is not";
}

TEST(Judge, TakesTheOffByOneForNoRace) {
  const Claim claim{.design = "a", .kind = Kind::over_issues, .without_race = 1};
  EXPECT_EQ(word_of(claim, found("a", Verdict::shown, {101, 101})), Word::not_measured);
  EXPECT_EQ(word_of(claim, found("a", Verdict::shown, {101, 102})), Word::as_claimed);
}

TEST(Judge, ExactlyTheLimitMeansEveryRunAndNothingElseWrong) {
  const Claim claim{.design = "a", .kind = Kind::exactly};
  EXPECT_EQ(word_of(claim, found("a", Verdict::exact, {100, 100})), Word::as_claimed);
  EXPECT_EQ(word_of(claim, found("a", Verdict::broken, {99, 100})), Word::not_as_claimed);
  EXPECT_EQ(word_of(claim, found("a", Verdict::inconclusive, {100, 101})), Word::not_as_claimed);
  auto loses = found("a", Verdict::broken, {100, 100});
  loses.bad_runs = 1;
  loses.why = "loses";
  const auto judgement = judge(claim, race_of({loses}));
  EXPECT_EQ(judgement.word, Word::not_as_claimed);
  EXPECT_EQ(judgement.flaws, "loses");
}

TEST(Judge, OneRowIsNotTheLimit) {
  const Claim claim{.design = "a", .kind = Kind::one_row};
  EXPECT_EQ(word_of(claim, found("a", Verdict::exact, {1, 1})), Word::as_claimed);
  EXPECT_EQ(word_of(claim, found("a", Verdict::broken, {1, 2})), Word::not_as_claimed);
  EXPECT_EQ(word_of(claim, found("a", Verdict::exact, {100, 100})), Word::not_as_claimed);
}

TEST(Judge, SaysWhyNothingWasMeasured) {
  const Claim claim{.design = "a", .kind = Kind::exactly};
  auto skipped = found("a", Verdict::skipped, {});
  skipped.runs = 0;
  skipped.why = "no redis";
  const auto judgement = judge(claim, race_of({skipped}));
  EXPECT_EQ(judgement.word, Word::not_measured);
  EXPECT_EQ(judgement.why, "no redis");
  EXPECT_FALSE(judgement.issued);
  RaceResult not_begun;
  not_begun.interrupted = true;
  EXPECT_EQ(judge(claim, not_begun).why, "interrupted");
}

Judgement pace_of(const Claim& claim, std::vector<double> own, std::vector<double> base) {
  return judge(claim, race_of({found("a", Verdict::exact, {100, 100}, std::move(own)),
                               found("b", Verdict::exact, {100, 100}, std::move(base))}));
}

TEST(Judge, ARatioIsAsClaimedWithinAFactorOfTwo) {
  const Claim claim{.design = "a", .kind = Kind::times_slower, .base = "b", .times = 7};
  EXPECT_EQ(pace_of(claim, {1000}, {3400}).word, Word::not_as_claimed);
  EXPECT_EQ(pace_of(claim, {1000}, {3600}).word, Word::as_claimed);
  EXPECT_EQ(pace_of(claim, {1000}, {13'900}).word, Word::as_claimed);
  EXPECT_EQ(pace_of(claim, {1000}, {14'100}).word, Word::not_as_claimed);
  EXPECT_EQ(pace_of(claim, {7000}, {1000}).word, Word::not_as_claimed) << "the other way round";
  EXPECT_EQ(pace_of(claim, {1000}, {7000}).pace->times(), 7);
}

TEST(Judge, SlowerIsSaidOnlyOfRunsThatDoNotOverlap) {
  const Claim slower{.design = "a", .kind = Kind::slower, .base = "b"};
  const Claim faster{.design = "a", .kind = Kind::faster, .base = "b"};
  EXPECT_EQ(pace_of(slower, {10, 11}, {12, 13}).word, Word::as_claimed);
  EXPECT_EQ(pace_of(faster, {10, 11}, {12, 13}).word, Word::not_as_claimed);
  EXPECT_EQ(pace_of(faster, {14, 15}, {12, 13}).word, Word::as_claimed);
  const auto overlap = pace_of(slower, {10, 12}, {11, 13});
  EXPECT_EQ(overlap.word, Word::not_measured);
  EXPECT_TRUE(overlap.pace) << "and both are shown";
}

TEST(Judge, ComparesWithNobodyWhoDoesNotRace) {
  const Claim claim{.design = "a", .kind = Kind::slower, .base = "b"};
  const auto judgement = judge(claim, race_of({found("a", Verdict::exact, {100, 100}, {1000})}));
  EXPECT_EQ(judgement.word, Word::not_measured);
  EXPECT_EQ(judgement.why, "b does not race");
}

TEST(Judge, ARowIsLaterIfItComesAfterTheAnswerOfItsOwner) {
  const Claim claim{.design = "a", .kind = Kind::row_later};
  auto design = found("a", Verdict::exact, {100, 100});
  EXPECT_EQ(judge(claim, race_of({design})).why, "there is no row");
  for (const auto delay : {0, 0, 900'000}) design.row_delay.record(delay);
  EXPECT_EQ(word_of(claim, design), Word::not_as_claimed);
  for (const auto delay : {800'000, 900'000}) design.row_delay.record(delay);
  EXPECT_EQ(word_of(claim, design), Word::as_claimed);
}

TEST(Judge, OthersWaitIfBothWaitForLong) {
  using namespace std::chrono_literals;
  auto design = found("a", Verdict::exact, {100, 100});
  auto result = race_of({design});
  const auto judged = [&](Kind kind) { return judge({.design = "a", .kind = kind}, result); };
  EXPECT_EQ(judged(Kind::others_wait).why, "there was no order");
  result.orders_alone.waits.record(1'000'000);
  auto& first = result.designs.front().orders.first;
  first = {10ms, 11ms};
  EXPECT_EQ(judged(Kind::others_wait).word, Word::as_claimed);
  EXPECT_EQ(judged(Kind::others_do_not).word, Word::not_as_claimed);
  first = {10ms, 9ms};
  EXPECT_EQ(judged(Kind::others_wait).word, Word::not_as_claimed);
  first = {1900us, 1us};
  EXPECT_EQ(judged(Kind::others_do_not).word, Word::as_claimed);
  first = {2ms, 1us};
  EXPECT_EQ(judged(Kind::others_do_not).word, Word::not_as_claimed);
  EXPECT_EQ(judged(Kind::others_do_not).waits->order, 2ms);
}

TEST(Judge, KnowsNoWaitOfAnOrderThatFailed) {
  using namespace std::chrono_literals;
  auto result = race_of({found("a", Verdict::exact, {100, 100})});
  result.orders_alone.waits.record(1'000'000);
  auto& orders = result.designs.front().orders;
  orders.first = {std::nullopt, 1ms};
  orders.failed = 1;
  orders.first_error = "Table full";
  const auto judgement = judge({.design = "a", .kind = Kind::others_do_not}, result);
  EXPECT_EQ(judgement.word, Word::not_measured);
  EXPECT_EQ(judgement.why, "Table full");
}

TEST(Judge, SaysNothingOfWhatTheRaceCannotTell) {
  const Claim claim{.design = "a", .kind = Kind::not_tested, .why_not = "no clock"};
  const auto judgement = judge(claim, race_of({found("a", Verdict::not_seen, {100, 100})}));
  EXPECT_EQ(judgement.word, Word::not_measured);
  EXPECT_EQ(judgement.why, "no clock");
  EXPECT_TRUE(judgement.issued) << "what was seen stands there all the same";
}

}  // namespace
}  // namespace couponctl::race
