#include "report/preset_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace couponctl::report {
namespace {

using race::Claim;
using race::DesignResult;
using race::Preset;
using race::TrialResult;
using race::Verdict;
using Kind = Claim::Kind;

DesignResult design(std::string name, Verdict verdict, race::Spread issued, double rate) {
  DesignResult result;
  result.name = std::move(name);
  result.verdict = verdict;
  result.runs = 3;
  result.issued = issued;
  result.requests_per_second = {rate};
  return result;
}

const Preset preset{.name = "S9", .sentence = "A service of coupons", .notes = {"Not over HTTP."}};

TrialResult played() {
  TrialResult one;
  one.trial = {
      .name = "all",
      .claims = {{.design = "naive", .kind = Kind::over_issues, .says = "505 of 500"},
                 {.design = "lock", .kind = Kind::exactly, .says = "right", .argued = true},
                 {.design = "lock",
                  .kind = Kind::times_slower,
                  .says = "1,000, not 7,000",
                  .base = "naive",
                  .times = 7},
                 {.design = "kafka", .kind = Kind::exactly, .says = "exactly 500 rows"}}};
  auto& result = one.result;
  result.command = "couponctl bench --preset S9";
  result.environment = {{"cpus", "2"}};
  result.threads = 32;
  result.requests = 1000;
  result.limit = 500;
  result.users = "distinct";
  result.runs = 3;
  result.seed = 42;
  auto kafka = design("kafka", Verdict::skipped, {}, 0);
  kafka.runs = 0;
  kafka.why = "no broker";
  kafka.requests_per_second.clear();
  result.designs = {design("naive", Verdict::shown, {500, 503}, 20'000),
                    design("lock", Verdict::exact, {500, 500}, 1000), kafka};
  return one;
}

// The golden strings. A head starts with the version, which they leave out.
constexpr auto* version = "couponctl " COUPONCTL_VERSION;

TEST(PresetReport, ShowsTheClaimsBesideWhatWasMeasured) {
  EXPECT_EQ(preset_text(preset, {played()}, Format::table, {}), std::string(version) + R"(  cpus 2
S9: A service of coupons
threads 32  requests 1000  limit 500  runs 3  seed 42

STRATEGY  TRIAL  THE WRITE-UP SAYS             MEASURED                                   VERDICT
naive     all    505 of 500                    500..503 of 500                            ✓ as claimed
lock      all    right (argued, not measured)  500 of 500                                 ✓ as claimed
lock      all    1,000, not 7,000              1.00k/s against 20.0k/s of naive (1 : 20)  ✗ not as claimed
kafka     all    exactly 500 rows              -                                          not measured: no broker

  Too many: as claimed if a run had more rows than the limit here, by however many. That no run had is luck, and refutes nothing.
  Exactly, right: as claimed if every run had just so many rows, by the limit here, and nothing else was wrong.
  A ratio: as claimed if that of the medians is within a factor of 2 of the claimed one.
  Not over HTTP.
)");
}

TEST(PresetReport, MarkdownHasTheSameRows) {
  const auto text = preset_text(preset, {played()}, Format::markdown, {});
  EXPECT_NE(text.find("| naive | all | 505 of 500 | 500..503 of 500 | ✓ as claimed |"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\n- Not over HTTP.\n"), std::string::npos) << text;
}

TEST(PresetReport, CsvHasARowForEachClaim) {
  const auto csv = preset_text(preset, {played()}, Format::csv, {});
  EXPECT_EQ(std::ranges::count(csv, '\n'), 5);
  EXPECT_TRUE(csv.starts_with("trial,strategy,kind,says,argued,verdict,why,limit,")) << csv;
  EXPECT_NE(csv.find("\nall,lock,times_slower,\"1,000, not 7,000\",false,"
                     "not as claimed,,500,,,,1000.0,naive,20000.0,7.0,20.0,,,,\n"),
            std::string::npos)
      << csv;
}

TEST(PresetReport, JsonHasTheClaimsAndTheRacesInside) {
  const auto json = nlohmann::json::parse(preset_json(preset, {played()}));
  EXPECT_EQ(json.at("schema_version"), 1);
  EXPECT_EQ(json.at("preset").at("name"), "S9");
  ASSERT_EQ(json.at("claims").size(), 4U);
  const auto& naive = json.at("claims").at(0);
  EXPECT_EQ(naive.at("verdict"), "as claimed");
  EXPECT_EQ(naive.at("issued_max"), 503);
  EXPECT_EQ(naive.at("requests_per_second"), nullptr);
  EXPECT_EQ(json.at("claims").at(3).at("why"), "no broker");
  ASSERT_EQ(json.at("trials").size(), 1U);
  EXPECT_EQ(json.at("trials").at(0).at("strategies").size(), 3U);
  EXPECT_EQ(json.at("trials").at(0).at("parameters").at("limit"), 500);
}

TEST(PresetReport, SaysWhichDesignBrokeItsPromiseAndThatItWasInterrupted) {
  auto one = played();
  one.result.interrupted = true;
  one.result.designs[1].verdict = Verdict::broken;
  one.result.designs[1].why = "loses";
  const auto text = preset_text(preset, {one}, Format::table, {});
  EXPECT_NE(text.find("all, lock: breaks its promise: loses"), std::string::npos) << text;
  EXPECT_NE(text.find("Interrupted: "), std::string::npos) << text;
}

TEST(PresetReport, SaysWhyAnythingIsNotKnownOnce) {
  auto one = played();
  auto& naive = one.result.designs[0];
  naive.verdict = Verdict::inconclusive;
  naive.why = "over-issues; not settled";
  EXPECT_NE(preset_text(preset, {one}, Format::table, {})
                .find("all, naive: inconclusive: over-issues; not settled"),
            std::string::npos)
      << "the claim is certain all the same, and the exit code needs its reason";
  naive.issued = {400, 500};
  naive.why = "not settled";
  EXPECT_EQ(preset_text(preset, {one}, Format::table, {}).find("inconclusive"), std::string::npos)
      << "it stands beside the claim";
}

TEST(PresetReport, TellsNoRuleWhereNothingWasMeasured) {
  auto one = played();
  one.trial.claims.erase(one.trial.claims.begin(), one.trial.claims.end() - 1);
  EXPECT_EQ(preset_text(preset, {one}, Format::table, {}).find("as claimed if"), std::string::npos);
}

}  // namespace
}  // namespace couponctl::report
