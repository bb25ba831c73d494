// Does the report of an exploration say what is known, and no more?
#include "report/explore_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace couponctl::report {
namespace {

using race::Flaw;

race::Played over_issuing() {
  return {
      .schedule = "0011",
      .actors = {{.name = "A"}, {.name = "B"}},
      .steps = {{.actor = 0, .server = core::Server::mysql, .command = "SELECT", .answer = "0"},
                {.actor = 0, .server = core::Server::mysql, .command = "INSERT", .answer = "1"},
                {.actor = 1, .server = core::Server::mysql, .command = "LOCK", .blocked = true}},
      .told = {"granted", "sold out"},
      .found = {.issued = 2, .over = 1}};
}

Explored all_orders(std::int64_t orders) {
  return {
      .found = {.name = "naive", .callers = 2, .left = 1, .orders = orders, .exhaustive = true}};
}

Explored some_over_issue() {
  auto one = all_orders(6);
  one.found.bad_orders = 4;
  one.found.flaws[Flaw::over] = 4;
  one.found.shortest[Flaw::over] = over_issuing();
  return one;
}

std::string text_of(const Explored& one) {
  return explore_text({.command = "", .designs = {one}}, Format::table, {});
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(ExploreReport, CallsRightOnlyWhatWasTriedInEachOrder) {
  auto one = all_orders(6);
  EXPECT_TRUE(holds(text_of(one), "✓ right in all 6 orders"));
  one.found.exhaustive = false;
  EXPECT_TRUE(holds(text_of(one), "nothing wrong in 6 orders; a sample, no proof"));
  one.found.interrupted = true;
  EXPECT_TRUE(holds(text_of(one), "nothing wrong in 6 orders; interrupted"));
  one.found.inconclusive = "a caller was not answered: OOM";
  EXPECT_TRUE(holds(text_of(one), "? inconclusive after 6 orders: a caller was not answered: OOM"));
  EXPECT_FALSE(holds(text_of(one), "✓"));
}

TEST(ExploreReport, TellsAPromiseThatIsBrokenFromWhatWasExpected) {
  auto one = some_over_issue();
  EXPECT_TRUE(holds(text_of(one), "✗ over-issues in 4 of 6 orders, as expected"));
  one.found.broken_orders = 4;
  EXPECT_TRUE(holds(text_of(one), "✗ over-issues in 4 of 6 orders: A PROMISE IS BROKEN"));
}

TEST(ExploreReport, DrawsTheShortestBadOrderWithWhatWasAnswered) {
  const auto text = text_of(some_over_issue());
  EXPECT_TRUE(holds(text, "(again: --replay 0011)"));
  EXPECT_TRUE(holds(text, "SELECT → 0"));
  EXPECT_TRUE(holds(text, "LOCK (waited for a lock)"));
  EXPECT_TRUE(holds(text, "rows: 2: over-issues"));
}

TEST(ExploreReport, GivesProgramsTheSameKeysWhateverWasFound) {
  const auto keys_of = [](const Explored& one) {
    std::vector<std::string> keys;
    const auto json = nlohmann::json::parse(explore_json({.command = "", .designs = {one}}));
    for (const auto& [key, value] : json.at("strategies").at(0).items()) keys.push_back(key);
    return keys;
  };
  EXPECT_EQ(keys_of(some_over_issue()),
            keys_of({.found = {.name = "naive"}, .failed = "no table"}));
  const auto json =
      nlohmann::json::parse(explore_json({.command = "", .designs = {some_over_issue()}}));
  const auto& one = json.at("strategies").at(0);
  EXPECT_EQ(one.at("over"), 4);
  EXPECT_EQ(one.at("shortest").at("schedule"), "0011");
  EXPECT_EQ(one.at("shortest").at("steps").at(2).at("blocked"), true);
}

TEST(ExploreReport, NamesWhatIsLeftOnTheServers) {
  auto one = all_orders(6);
  one.found.not_removed = "couponctl_bench_1_naive was not removed";
  EXPECT_TRUE(holds(text_of(one), "couponctl_bench_1_naive was not removed"));
}

}  // namespace
}  // namespace couponctl::report
