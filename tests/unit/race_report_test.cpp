#include "report/race_report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <string_view>
#include <utility>

namespace couponctl::report {
namespace {

using load::Histogram;
using race::DesignResult;
using race::RaceResult;

// `slow` of `count` samples took 9 ms, the rest 512 µs.
Histogram latencies(int count, int slow) {
  Histogram histogram;
  for (int i = 0; i < count; ++i) histogram.record(i < slow ? 9'000'000 : 512'000);
  return histogram;
}

DesignResult naive() {
  DesignResult result;
  result.name = "naive";
  result.expected = "over-issues";
  result.runs = result.bad_runs = 10;
  result.issued = {106, 121};
  result.over = {6, 21};
  result.latency = latencies(10'000, 200);
  result.durable = latencies(1'130, 0);
  for (int run = 1; run <= 10; ++run) result.requests_per_second.push_back(50'000 + 100 * run);
  result.verdict = race::Verdict::shown;
  result.why = "over-issues";
  return result;
}

DesignResult redis_incr() {
  DesignResult result;
  result.name = "redis-incr";
  result.expected = "exact";
  result.runs = 10;
  result.issued = {100, 100};
  result.latency = latencies(9'800, 0);
  result.requests_per_second = {80'000.123, 82'000, 81'000};
  result.verdict = race::Verdict::exact;
  return result;
}

DesignResult pipeline() {
  DesignResult result;
  result.name = "pipeline";
  result.expected = "exact";
  result.verdict = race::Verdict::skipped;
  result.why = "no broker at localhost:9092";
  return result;
}

RaceResult bench() {
  RaceResult result;
  result.command = "couponctl bench --threads 32 --requests 1000";
  result.seed = 42;
  result.environment = {{"redis", "7.0.15"}, {"mysql", "10.11.19"}, {"cpus", "2"}};
  result.threads = 32;
  result.requests = 1000;
  result.limit = 100;
  result.users = "distinct";
  result.runs = 10;
  result.designs = {naive(), redis_incr(), pipeline()};
  result.notes = {"server times are the servers' own"};
  return result;
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The golden strings. A head starts with the version, which they leave out.
constexpr auto* version = "couponctl " COUPONCTL_VERSION;

constexpr auto* table_golden =
    R"(  redis 7.0.15  mysql 10.11.19  cpus 2
threads 32  requests 1000  limit 100  users distinct  runs 10  seed 42

STRATEGY    ISSUED       OVER  DUP  LOST  BAD RUNS  REQ/S     p50      p99    p99.9  DURABLE p99  VERDICT
naive       106..121  +6..+21    0     0     10/10  50.5k  512 µs  9.00 ms  9.00 ms       512 µs  ✗ over-issues, as expected
redis-incr  100             0    0     0      0/10  81.0k  512 µs   512 µs        -            -  ✓ exact
pipeline                                                                                          skipped: no broker at localhost:9092

  REQ/S is the median of the runs; its interval is in --output json.
  0/10 bad runs: below 25.9 % at 95 % confidence (Clopper-Pearson), not zero.
  p99 is shown from 1,000 samples on, p99.9 from 10,000; the fewest here are 9,800: raise --requests or --runs.
  server times are the servers' own
)";

constexpr auto* markdown_golden =
    R"(  redis 7.0.15  mysql 10.11.19  cpus 2

threads 32  requests 1000  limit 100  users distinct  runs 10  seed 42

| STRATEGY | ISSUED | OVER | DUP | LOST | BAD RUNS | REQ/S | p50 | p99 | p99.9 | DURABLE p99 | VERDICT |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |
| naive | 106..121 | +6..+21 | 0 | 0 | 10/10 | 50.5k | 512 µs | 9.00 ms | 9.00 ms | 512 µs | ✗ over-issues, as expected |
| redis-incr | 100 | 0 | 0 | 0 | 0/10 | 81.0k | 512 µs | 512 µs | - | - | ✓ exact |
| pipeline |  |  |  |  |  |  |  |  |  |  | skipped: no broker at localhost:9092 |

- REQ/S is the median of the runs; its interval is in --output json.
- 0/10 bad runs: below 25.9 % at 95 % confidence (Clopper-Pearson), not zero.
- p99 is shown from 1,000 samples on, p99.9 from 10,000; the fewest here are 9,800: raise --requests or --runs.
- server times are the servers' own
)";

constexpr auto* csv_golden =
    R"(name,expected,issued_min,issued_max,over_min,over_max,under,duplicate,lost,phantom,locked_out,fcfs_inversion,errors,unknown_issued,unknown_not_issued,held_max,bad_runs,runs,requests_per_second_median,requests_per_second_low,requests_per_second_high,requests_per_second_coverage,latency_ns_p50,latency_ns_p90,latency_ns_p99,latency_ns_p999,latency_ns_max,durable_ns_p50,durable_ns_p99,durable_ns_max,cost_per_request_sql_statements,cost_per_request_redis_commands,database_connections,orders_count,orders_timed_out,orders_failed,orders_wait_ns_p50,orders_wait_ns_p99,orders_wait_ns_max,verdict,outcome,good,promise_broken,skipped
naive,over-issues,106,121,6,21,0,0,0,0,0,0,0,0,0,0,10,10,50550.0,50200.0,50900.0,confidence_95,512255,512255,9000000,9000000,9000000,512000,512000,512000,,,,,,,,,,"over-issues, as expected",shown,false,false,
redis-incr,exact,100,100,0,0,0,0,0,0,0,0,0,0,0,0,0,10,81000.0,80000.12,82000.0,min_to_max,512000,512000,512000,,512000,,,,,,,,,,,,,exact,exact,true,false,
pipeline,exact,,,,,,,,,,,,,,,0,0,,,,,,,,,,,,,,,,,,,,,,skipped: no broker at localhost:9092,skipped,,,no broker at localhost:9092
)";

constexpr auto* json_golden =
    R"({
  "schema_version": 1,
  "command": "couponctl bench --threads 32 --requests 1000",
  "seed": 42,
  "environment": {
    "redis": "7.0.15",
    "mysql": "10.11.19",
    "cpus": "2"
  },
  "parameters": {
    "threads": 32,
    "requests": 1000,
    "limit": 100,
    "users": "distinct",
    "runs": 10,
    "processes": 1,
    "hold": 0,
    "bystander_per_second": 0.0,
    "order_timeout_ms": 1000,
    "pool": 0,
    "db_delay_ms": 0,
    "max_rate": 0
  },
  "interrupted": false,
  "kafka_is_mock": false,
  "orders_alone": {
    "count": null,
    "timed_out": null,
    "failed": null,
    "wait_ns": {
      "p50": null,
      "p99": null,
      "max": null
    }
  },
  "strategies": [
    {
      "name": "naive",
      "expected": "over-issues",
      "issued_min": 106,
      "issued_max": 121,
      "over_min": 6,
      "over_max": 21,
      "under": 0,
      "duplicate": 0,
      "lost": 0,
      "phantom": 0,
      "locked_out": 0,
      "fcfs_inversion": 0,
      "errors": 0,
      "unknown_issued": 0,
      "unknown_not_issued": 0,
      "held_max": 0,
      "bad_runs": 10,
      "runs": 10,
      "requests_per_second": {
        "median": 50550.0,
        "low": 50200.0,
        "high": 50900.0,
        "coverage": "confidence_95"
      },
      "latency_ns": {
        "p50": 512255,
        "p90": 512255,
        "p99": 9000000,
        "p999": 9000000,
        "max": 9000000
      },
      "durable_ns": {
        "p50": 512000,
        "p99": 512000,
        "max": 512000
      },
      "cost_per_request": {
        "sql_statements": null,
        "redis_commands": null
      },
      "database_connections": null,
      "orders": {
        "count": null,
        "timed_out": null,
        "failed": null,
        "wait_ns": {
          "p50": null,
          "p99": null,
          "max": null
        },
        "first_waits_ns": []
      },
      "verdict": "over-issues, as expected",
      "outcome": "shown",
      "good": false,
      "promise_broken": false,
      "skipped": null,
      "explanation": null
    },
    {
      "name": "redis-incr",
      "expected": "exact",
      "issued_min": 100,
      "issued_max": 100,
      "over_min": 0,
      "over_max": 0,
      "under": 0,
      "duplicate": 0,
      "lost": 0,
      "phantom": 0,
      "locked_out": 0,
      "fcfs_inversion": 0,
      "errors": 0,
      "unknown_issued": 0,
      "unknown_not_issued": 0,
      "held_max": 0,
      "bad_runs": 0,
      "runs": 10,
      "requests_per_second": {
        "median": 81000.0,
        "low": 80000.12,
        "high": 82000.0,
        "coverage": "min_to_max"
      },
      "latency_ns": {
        "p50": 512000,
        "p90": 512000,
        "p99": 512000,
        "p999": null,
        "max": 512000
      },
      "durable_ns": {
        "p50": null,
        "p99": null,
        "max": null
      },
      "cost_per_request": {
        "sql_statements": null,
        "redis_commands": null
      },
      "database_connections": null,
      "orders": {
        "count": null,
        "timed_out": null,
        "failed": null,
        "wait_ns": {
          "p50": null,
          "p99": null,
          "max": null
        },
        "first_waits_ns": []
      },
      "verdict": "exact",
      "outcome": "exact",
      "good": true,
      "promise_broken": false,
      "skipped": null,
      "explanation": null
    },
    {
      "name": "pipeline",
      "expected": "exact",
      "issued_min": null,
      "issued_max": null,
      "over_min": null,
      "over_max": null,
      "under": null,
      "duplicate": null,
      "lost": null,
      "phantom": null,
      "locked_out": null,
      "fcfs_inversion": null,
      "errors": null,
      "unknown_issued": null,
      "unknown_not_issued": null,
      "held_max": null,
      "bad_runs": 0,
      "runs": 0,
      "requests_per_second": {
        "median": null,
        "low": null,
        "high": null,
        "coverage": null
      },
      "latency_ns": {
        "p50": null,
        "p90": null,
        "p99": null,
        "p999": null,
        "max": null
      },
      "durable_ns": {
        "p50": null,
        "p99": null,
        "max": null
      },
      "cost_per_request": {
        "sql_statements": null,
        "redis_commands": null
      },
      "database_connections": null,
      "orders": {
        "count": null,
        "timed_out": null,
        "failed": null,
        "wait_ns": {
          "p50": null,
          "p99": null,
          "max": null
        },
        "first_waits_ns": []
      },
      "verdict": "skipped: no broker at localhost:9092",
      "outcome": "skipped",
      "good": null,
      "promise_broken": null,
      "skipped": "no broker at localhost:9092",
      "explanation": null
    }
  ],
  "thresholds": [],
  "notes": [
    "server times are the servers' own"
  ]
}
)";

RaceResult one(DesignResult strategy) {
  auto result = bench();
  result.designs = {std::move(strategy)};
  result.notes.clear();
  return result;
}

std::string table_text(const RaceResult& result) { return race_text(result, Format::table, {}); }

TEST(RaceReport, TableMatchesTheGoldenText) {
  EXPECT_EQ(table_text(bench()), std::string(version) + table_golden);
}

TEST(RaceReport, MarkdownMatchesTheGoldenText) {
  EXPECT_EQ(race_text(bench(), Format::markdown, {.colour = true}),
            std::string(version) + markdown_golden);
}

TEST(RaceReport, CsvMatchesTheGoldenText) {
  EXPECT_EQ(race_text(bench(), Format::csv, {.colour = true}), csv_golden);
}

TEST(RaceReport, JsonMatchesTheGoldenText) { EXPECT_EQ(race_json(bench()), json_golden); }

constexpr auto* orders_golden =
    R"(ORDERS MEANWHILE  ORDERS      p50  p99      MAX  TIMED OUT  FAILED
(no coupons)           2  2.00 ms    -  2.00 ms          0       0
naive                  3  4.00 ms    -   1.00 s          1       1
  naive: an order failed with Table full.
)";

TEST(RaceReport, ShowsHowLongOrdersWaitedBesideTheRace) {
  auto result = one(naive());
  EXPECT_FALSE(holds(table_text(result), "ORDERS"));
  result.surroundings = {.pool = 10,
                         .bystander = {.per_second = 50},
                         .db_delay = std::chrono::milliseconds(5),
                         .rows_per_s_max = 100};
  for (int i = 0; i < 2; ++i) result.orders_alone.waits.record(2'000'000);
  auto& orders = result.designs.front().orders;
  orders = {.timed_out = 1, .failed = 1, .first_error = "Table full"};
  for (const auto wait : {4'000'000, 1'000'000'000}) orders.waits.record(wait);
  const auto text = table_text(result);
  EXPECT_TRUE(holds(text, "seed 42  bystander 50/s  pool 10  db-delay 5ms  max-rate 100\n"));
  EXPECT_TRUE(holds(text, orders_golden)) << text;
}

TEST(RaceReport, ShowsWhichThresholdsWereKept) {
  auto result = one(naive());
  std::vector<race::Threshold> thresholds;
  for (const auto* text : {"naive.over == 0", "naive.p50 < 1ms", "naive.sql_per_request < 2"})
    thresholds.push_back(*race::parse_threshold(text));
  result.thresholds = race::judge(thresholds, result.designs);
  const auto text = table_text(result);
  EXPECT_TRUE(holds(text, R"(
THRESHOLD                  MEASURED  RESULT
naive.over == 0               6..21  ✗ missed
naive.p50 < 1ms              512 µs  ✓ kept
naive.sql_per_request < 2         -  ? not measured
)")) << text;
  const auto json = nlohmann::json::parse(race_json(result)).at("thresholds");
  EXPECT_EQ(json.at(0).at("measured_max"), 21);
  EXPECT_EQ(json.at(0).at("result"), "missed");
  EXPECT_TRUE(json.at(2).at("measured_min").is_null());
  EXPECT_EQ(json.at(2).at("result"), "not measured");
}

TEST(RaceReport, JsonHasTheWaitsOfTheFirstOrders) {
  auto result = one(naive());
  result.designs.front().orders.first = {std::chrono::milliseconds(3), std::nullopt};
  const auto json = nlohmann::json::parse(race_json(result));
  EXPECT_EQ(json.at("strategies").at(0).at("orders").at("first_waits_ns"),
            nlohmann::json::parse("[3000000, null]"));
}

TEST(RaceReport, ColourNeverCarriesTheVerdictAlone) {
  auto text = race_text(bench(), Format::table, {.colour = true});
  EXPECT_TRUE(holds(text, "\x1b[31m✗ over-issues, as expected\x1b[0m"));
  EXPECT_TRUE(holds(text, "\x1b[32m✓ exact\x1b[0m"));
  text = std::regex_replace(text, std::regex("\x1b\\[[0-9]+m"), "");
  EXPECT_EQ(text, table_text(bench()));
}

TEST(RaceReport, ErrorsAndMissingCouponsGetAColumnOnlyWhenThereAreSome) {
  auto failing = redis_incr();
  EXPECT_FALSE(holds(table_text(one(failing)), "ERR"));
  EXPECT_FALSE(holds(table_text(one(failing)), "UNDER"));
  failing.errors = 1234;
  failing.under = 3;
  const auto text = table_text(one(failing));
  EXPECT_TRUE(holds(text, "OVER  UNDER  DUP  LOST    ERR  BAD RUNS"));
  EXPECT_TRUE(holds(text, "   0      3    0     0  1,234      0/10"));
}

TEST(RaceReport, P999WaitsForTenThousandSamples) {
  auto strategy = redis_incr();
  strategy.latency = latencies(9'999, 0);
  EXPECT_TRUE(holds(table_text(one(strategy)), "p99.9 from 10,000; the fewest here are 9,999"));
  EXPECT_TRUE(holds(race_json(one(strategy)), "\"p999\": null"));
  strategy.latency.record(512'000);
  EXPECT_FALSE(holds(table_text(one(strategy)), "samples"));
  EXPECT_TRUE(holds(race_json(one(strategy)), "\"p999\": 512000"));
}

TEST(RaceReport, BoundsCleanRunsByHowManyThereWere) {
  auto short_run = redis_incr();
  short_run.runs = 3;
  auto result = one(redis_incr());
  result.designs.push_back(short_run);
  const auto text = table_text(result);
  EXPECT_TRUE(holds(text, "0/3 bad runs: below 63.2 % at 95 % confidence"));
  EXPECT_TRUE(holds(text, "0/10 bad runs: below 25.9 % at 95 % confidence"));
  EXPECT_FALSE(holds(table_text(one(naive())), "bad runs:"));
}

TEST(RaceReport, WarnsOfAMockBrokerAndOfAnInterruption) {
  auto result = bench();
  EXPECT_FALSE(holds(table_text(result), "mock"));
  EXPECT_FALSE(holds(table_text(result), "Interrupted"));
  result.kafka_is_mock = result.interrupted = true;
  EXPECT_TRUE(holds(table_text(result), "mock broker"));
  EXPECT_TRUE(holds(table_text(result), "Interrupted"));
  EXPECT_TRUE(holds(race_json(result), "\"interrupted\": true"));
  EXPECT_TRUE(holds(race_json(result), "\"kafka_is_mock\": true"));
}

TEST(RaceReport, P99WaitsForAThousandSamples) {
  auto design = redis_incr();
  design.latency = latencies(999, 0);
  EXPECT_TRUE(holds(race_json(one(design)), "\"p99\": null"));
  EXPECT_TRUE(holds(table_text(one(design)), "the fewest here are 999"));
  design.latency.record(512'000);
  EXPECT_TRUE(holds(race_json(one(design)), "\"p99\": 512000"));
}

TEST(RaceReport, MarksOnlyWhatWasSeenToBeRight) {
  auto design = redis_incr();
  design.verdict = race::Verdict::inconclusive;
  design.why = "12 of 1,000 requests failed, first with OOM";
  const auto text = table_text(one(design));
  EXPECT_TRUE(holds(text, "? inconclusive: 12 of 1,000 requests failed, first with OOM"));
  EXPECT_FALSE(holds(text, "✓"));
  EXPECT_FALSE(holds(text, "bad runs:")) << "what is not known bounds nothing";
  EXPECT_TRUE(holds(race_json(one(design)), "\"good\": false"));
}

TEST(RaceReport, WhatIsSeldomFoundGetsAColumnOnlyWhereItWas) {
  auto design = redis_incr();
  EXPECT_FALSE(holds(table_text(one(design)), "PHANTOM"));
  EXPECT_FALSE(holds(table_text(one(design)), "LOCKED OUT"));
  design.phantom = 2;
  design.locked_out = 3;
  EXPECT_TRUE(holds(table_text(one(design)), "PHANTOM"));
  EXPECT_TRUE(holds(table_text(one(design)), "LOCKED OUT"));
}

TEST(RaceReport, TellsOfInversionsAndOfSettledRequestsOnlyWhereThereAreSome) {
  auto design = redis_incr();
  EXPECT_FALSE(holds(table_text(one(design)), "FCFS"));
  EXPECT_FALSE(holds(table_text(one(design)), "without an answer"));
  design.inversion = 2;
  design.unknown_issued = 3;
  design.unknown_not_issued = 4;
  const auto text = table_text(one(design));
  EXPECT_TRUE(holds(text, "redis-incr: FCFS inversions 2: who won had begun after"));
  EXPECT_TRUE(holds(text, "of 7 requests without an answer 3 have a row, 4 have none"));
  EXPECT_TRUE(holds(race_json(one(design)), "\"fcfs_inversion\": 2"));
  EXPECT_TRUE(holds(race_json(one(design)), "\"unknown_issued\": 3"));
  EXPECT_TRUE(holds(race_json(one(design)), "\"unknown_not_issued\": 4"));
}

TEST(RaceReport, ShowsAnExplanationWhereThereIsOne) {
  auto design = redis_incr();
  EXPECT_FALSE(holds(table_text(one(design)), "--explain"));
  design.explanation = race::Explanation{.run = 2};
  const auto text = table_text(one(design));
  EXPECT_TRUE(holds(text, "redis-incr, run 2: no two granted requests read the same answer."));
  EXPECT_TRUE(holds(text, "--explain wrote down commands"));
  EXPECT_TRUE(holds(race_json(one(design)), "\"requests_told\": 0"));
  EXPECT_FALSE(holds(race_text(one(design), Format::csv, {}), "explanation"));
}

TEST(RaceReport, ADesignInterruptedBeforeItsFirstRunIsShownAsThat) {
  DesignResult nothing;
  nothing.name = "mutex";
  const auto text = table_text(one(nothing));
  EXPECT_TRUE(holds(text, "interrupted"));
  EXPECT_FALSE(holds(text, "0/0"));
  EXPECT_FALSE(holds(text, "bad runs:"));
}

TEST(RaceReport, RendersNoStrategiesAtAll) {
  const RaceResult nothing;
  EXPECT_TRUE(holds(table_text(nothing), "STRATEGY"));
  EXPECT_TRUE(holds(race_text(nothing, Format::csv, {}), "name,expected,"));
  EXPECT_EQ(nlohmann::json::parse(race_json(nothing))["strategies"].size(), 0U);
}

TEST(RaceReport, TextOfAServerCannotSteerTheTerminalOrBreakTheJson) {
  auto result = bench();
  result.environment = {{"redis", "\x1b[2J\xff"}};
  result.notes = {"\x1b]0;title\x07"};
  result.designs[2].why = "\x1b[2J";
  EXPECT_FALSE(holds(table_text(result), "\x1b"));
  EXPECT_FALSE(holds(race_text(result, Format::markdown, {}), "\x1b"));
  EXPECT_EQ(nlohmann::json::parse(race_json(result))["environment"]["redis"], "\x1b[2J\ufffd");
}

}  // namespace
}  // namespace couponctl::report
