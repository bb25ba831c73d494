#include "report/fault_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace couponctl::report {
namespace {

using race::DesignResult;
using race::RaceResult;
using race::Verdict;

DesignResult design(std::string name, Verdict verdict, const auto& fill) {
  DesignResult result;
  result.name = std::move(name);
  result.verdict = verdict;
  result.runs = 1;
  fill(result);
  return result;
}

RaceResult race_of(std::string fault, std::vector<DesignResult> designs) {
  RaceResult race;
  race.fault = std::move(fault);
  race.users = "distinct";
  race.environment = {{"cpus", "2"}};
  race.designs = std::move(designs);
  return race;
}

std::vector<RaceResult> two_races() {
  const auto nothing = [](auto&) {};
  return {race_of("none",
                  {design("a", Verdict::exact, nothing), design("b", Verdict::not_seen, nothing)}),
          race_of("broker-down", {design("a", Verdict::skipped, [](auto& one) { one.runs = 0; }),
                                  design("b", Verdict::shown, [](auto& one) {
                                    one.lost = 12;
                                    one.locked_out = 3;
                                    one.asked_again = 40;
                                    one.converged = std::chrono::milliseconds(1500);
                                  })})};
}

TEST(FaultReport, HasAColumnForEachFaultAndSaysWhatIsLost) {
  const auto text = fault_text(two_races(), Format::table, {});
  EXPECT_NE(text.find("STRATEGY  none  broker-down"), std::string::npos) << text;
  EXPECT_NE(text.find("a         ✓     -"), std::string::npos) << text;
  EXPECT_NE(text.find("b         0     12 lost, 3 locked out"), std::string::npos) << text;
  EXPECT_NE(text.find("40 requests had no answer and were made again; settled after 1.50 s"),
            std::string::npos)
      << text;
}

TEST(FaultReport, NamesWhatIsNotKnown) {
  auto races = two_races();
  races[1].designs[1].verdict = Verdict::inconclusive;
  races[1].designs[1].why = "not settled";
  const auto text = fault_text(races, Format::table, {});
  EXPECT_NE(text.find("? 12 lost"), std::string::npos) << text;
  EXPECT_NE(text.find("broker-down, b: inconclusive: not settled"), std::string::npos) << text;
}

TEST(FaultReport, JsonHasEachDesignUnderEachFault) {
  const auto json = nlohmann::json::parse(fault_json(two_races()));
  EXPECT_EQ(json.at("schema_version"), 1);
  ASSERT_EQ(json.at("faults").size(), 2U);
  const auto& broker = json.at("faults").at(1);
  EXPECT_EQ(broker.at("fault"), "broker-down");
  EXPECT_EQ(broker.at("strategies").at(0).at("lost"), nullptr);
  EXPECT_EQ(broker.at("strategies").at(1).at("lost"), 12);
  EXPECT_EQ(broker.at("strategies").at(1).at("asked_again"), 40);
  EXPECT_EQ(broker.at("strategies").at(1).at("converged_ns"), 1'500'000'000);
}

TEST(FaultReport, CsvHasARowForEachDesignAndFault) {
  const auto csv = fault_text(two_races(), Format::csv, {});
  EXPECT_EQ(std::ranges::count(csv, '\n'), 5);
  EXPECT_EQ(csv.rfind("fault,name,", 0), 0U) << csv;
}

}  // namespace
}  // namespace couponctl::report
