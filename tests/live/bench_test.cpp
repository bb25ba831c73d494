// Does the bench command end well, however it is ended?
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ranges>
#include <set>

#include "live/servers.h"
#include "process/state.h"
#include "strategies/strategy.h"
#include "support/child.h"
#include "support/temporary_directory.h"

namespace couponctl {
namespace {

using test::Child;
using test::couponctl;
using test::eventually;

// A bench on the tests' servers that would run for hours.
std::vector<std::string> endless_bench() {
  return live::with_addresses({COUPONCTL_BINARY, "bench", "--runs", "10000", "--output", "json"});
}

std::size_t scratch_databases() {
  auto connection = *mysql::Connection::connect(live::servers().mysql);
  return connection.query("SHOW DATABASES LIKE 'couponctl\\_bench\\_%'")->size();
}

std::int64_t scratch_keys() { return live::redis_keys("couponctl_bench_*"); }

bool has_its_servers(const Child& child) {
  const auto said = child.err();
  return std::ranges::all_of(std::initializer_list<const char*>{"redis", "mariadb", "kafka"},
                             [&](const std::string& name) {
                               return said.find("\n" + name) != std::string::npos ||
                                      said.starts_with(name);
                             });
}

TEST(Bench, ReportsWhatItHasAndCleansUpWhenInterrupted) {
  Child bench(endless_bench());
  ASSERT_TRUE(eventually([] { return scratch_databases() > 0; }));
  ASSERT_TRUE(eventually([] { return scratch_keys() > 0; })) << bench.err();
  bench.signal(SIGINT);
  EXPECT_EQ(bench.wait(), 130);
  const auto result = nlohmann::json::parse(bench.out());
  EXPECT_EQ(result.at("interrupted"), true);
  EXPECT_EQ(result.at("strategies").size(), strategies::all().size());
  EXPECT_EQ(scratch_databases(), 0U);
  EXPECT_EQ(scratch_keys(), 0);
}

TEST(Bench, EndsWith143WhenTerminated) {
  Child bench(endless_bench());
  ASSERT_TRUE(eventually([] { return scratch_databases() > 0; }));
  bench.signal(SIGTERM);
  EXPECT_EQ(bench.wait(), 143);
  EXPECT_EQ(scratch_databases(), 0U);
}

// The pids of all descendants, read from /proc.
std::vector<pid_t> descendants(pid_t root) {
  std::vector<pid_t> found{root};
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const auto& task : std::filesystem::directory_iterator(
             fmt::format("/proc/{}/task", found[i]), std::filesystem::directory_options::none)) {
      std::ifstream children(task.path() / "children");
      for (pid_t pid = 0; children >> pid;) found.push_back(pid);
    }
  }
  return found;
}

TEST(Bench, LeavesNoServerBehindWhenKilled) {
  Child bench({COUPONCTL_BINARY, "bench", "--private-stack", "always", "--runs", "10000"});
  ASSERT_TRUE(eventually([&] { return has_its_servers(bench); }, std::chrono::seconds(60)))
      << bench.err();
  const auto family = descendants(bench.pid());
  ASSERT_GE(family.size(), 5U) << "bench, its supervisor and three servers";
  bench.signal(SIGKILL);
  bench.wait();
  EXPECT_TRUE(eventually([&] { return std::ranges::all_of(family, process::is_gone); }));
}

TEST(Bench, SaysWhichServerDoesNotAnswerAndRunsTheRest) {
  auto words =
      live::with_addresses({"bench", "--runs", "1", "--output", "json", "--kafka", "127.0.0.1:1"});
  const auto [code, out, err] = couponctl(words);
  EXPECT_EQ(code, 0) << err;
  const auto found = nlohmann::json::parse(out).at("strategies");
  for (const auto& one : strategies::all()) {
    const auto row = std::ranges::find_if(
        found, [&](const auto& strategy) { return strategy.at("name") == one.info.name; });
    ASSERT_NE(row, found.end());
    EXPECT_EQ(row->at("skipped").is_string(), one.info.needs.kafka) << *row;
  }
}

TEST(Bench, EndsWith5WhereAThresholdIsMissedAndWith6WhereItWasNotMeasured) {
  const auto race = [](const std::string& thresholds) {
    return couponctl(
        live::with_addresses({"bench", "--strategy", "redis-incr", "--quick", "--requests", "200",
                              "--output", "json", "--threshold", thresholds}));
  };
  const auto kept = race("redis-incr.over == 0, redis-incr.max < 1000s");
  EXPECT_EQ(kept.code, 0) << kept.err;
  const auto found = nlohmann::json::parse(kept.out);
  EXPECT_EQ(found.at("strategies").at(0).at("runs"), 1);
  ASSERT_EQ(found.at("thresholds").size(), 2U);
  EXPECT_EQ(found.at("thresholds").at(0).at("result"), "kept");
  EXPECT_EQ(found.at("thresholds").at(0).at("measured_max"), 0);
  EXPECT_EQ(race("redis-incr.over == 0, redis-incr.max < 1ns").code, 5);
  EXPECT_EQ(race("redis-incr.p99 < 1000s").code, 6) << "of 200 samples";
  const auto absent = race("naive.over == 0");
  EXPECT_EQ(absent.code, 2);
  EXPECT_NE(absent.err.find("which is not in this race"), std::string::npos) << absent.err;
}

TEST(Bench, StartsWhatItNeedsAndNobodyNamed) {
  const auto redis = fmt::format("127.0.0.1:{}", live::servers().redis.port);
  const auto [code, out, err] =
      couponctl({"bench", "--redis", redis, "--strategy", "redis-incr", "--runs", "1", "--warm-up",
                 "0", "--requests", "200", "--output", "json"});
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(err.find("kafka"), std::string::npos) << err;
  const auto result = nlohmann::json::parse(out);
  EXPECT_TRUE(result.at("environment").at("redis").get<std::string>().ends_with("at " + redis));
  EXPECT_EQ(result.at("strategies").at(0).at("verdict"), "exact") << err;
}

// A JAVA_HOME that leads nowhere is a machine without Java.
Child bench_without_java(std::vector<std::string> words) {
  words.insert(words.begin(), {"env", "JAVA_HOME=/nowhere", COUPONCTL_BINARY, "bench",
                               "--private-stack", "always", "--runs", "1"});
  return Child(std::move(words));
}

TEST(Bench, RunsOnTheMockBrokerWithoutJavaAndSaysSo) {
  auto bench = bench_without_java({"--output", "json"});
  EXPECT_EQ(bench.wait(), 0) << bench.err();
  EXPECT_NE(bench.err().find("mock broker"), std::string::npos) << bench.err();
  const auto result = nlohmann::json::parse(bench.out());
  EXPECT_EQ(result.at("kafka_is_mock"), true);
  for (const auto& strategy : result.at("strategies"))
    EXPECT_TRUE(strategy.at("skipped").is_null()) << strategy;
}

TEST(Bench, TakesNoMockForARealKafka) {
  auto bench = bench_without_java({"--require", "real-kafka"});
  EXPECT_EQ(bench.wait(), 3);
}

TEST(Bench, ExitsWith3WhenARequiredServerDoesNotAnswer) {
  const auto [code, out, err] =
      couponctl(live::with_addresses({"bench", "--kafka", "127.0.0.1:1", "--require", "kafka"}));
  EXPECT_EQ(code, 3);
  EXPECT_EQ(out, "");
  EXPECT_NE(err.find("Kafka at 127.0.0.1:1"), std::string::npos) << err;
  EXPECT_NE(err.find("--kafka / COUPONCTL_KAFKA"), std::string::npos) << err;
}

TEST(Bench, SaysHowLongOrdersWaitBesideTheRace) {
  const auto [code, out, err] = couponctl(
      live::with_addresses({"bench", "--strategy", "mysql-lock,redis-incr-kafka", "--runs", "1",
                            "--requests", "200", "--limit", "50", "--bystander", "100",
                            "--db-delay", "5ms", "--pool", "5", "--output", "json"}));
  ASSERT_EQ(code, 0) << err;
  const auto result = nlohmann::json::parse(out);
  const auto& alone = result.at("orders_alone");
  EXPECT_GE(alone.at("count"), 40) << "twenty for each of two designs";
  EXPECT_GE(alone.at("wait_ns").at("p50"), 5'000'000) << "the delay";
  for (const auto& strategy : result.at("strategies")) {
    EXPECT_LE(strategy.at("database_connections"), 6) << strategy;  // the consumer's among them
    EXPECT_GE(strategy.at("orders").at("count"), 1) << strategy;
    EXPECT_EQ(strategy.at("orders").at("failed"), 0) << strategy;
  }
  const auto& locked = result.at("strategies").at(0).at("orders").at("wait_ns").at("p50");
  EXPECT_GT(locked, alone.at("wait_ns").at("p50")) << "all of the pool waits for one row";
  EXPECT_EQ(scratch_databases(), 0U);
}

// Where a test's file of calls is, and what is in it line by line.
class CallsFile {
 public:
  std::string path() const { return (directory_.path() / "calls.jsonl").string(); }
  std::vector<nlohmann::json> lines() const {
    std::vector<nlohmann::json> lines;
    std::ifstream file(path());
    for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
    return lines;
  }

 private:
  test::TemporaryDirectory directory_;
};

std::ptrdiff_t count(const std::vector<nlohmann::json>& lines, std::string_view kind) {
  return std::ranges::count_if(lines, [&](const auto& line) { return line.at("kind") == kind; });
}

TEST(Bench, WritesEveryCallOfEveryCountedRunAndCheckSaysTheSameOfThem) {
  const CallsFile file;
  const auto [code, out, err] = couponctl(live::with_addresses(
      {"bench", "--strategy", "naive,redis-incr-kafka", "--runs", "2", "--requests", "500",
       "--output", "json", "--history-out", file.path()}));
  ASSERT_EQ(code, 0) << err;
  const auto lines = file.lines();
  EXPECT_EQ(count(lines, "run"), 4) << "no warm-up";
  EXPECT_EQ(count(lines, "call"), 4 * 500);
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.front().at("kind"), "begin");
  EXPECT_EQ(lines.back().at("kind"), "end");
  EXPECT_EQ(lines.back().at("interrupted"), false);

  const auto [checked, again, complaint] = couponctl({"check", file.path(), "--output", "json"});
  EXPECT_EQ(checked, 0) << complaint;
  auto raced = nlohmann::json::parse(out).at("strategies");
  // Counted in the warm-up run, which is not in the file.
  for (auto& one : raced)
    one.update({{"cost_per_request", {{"sql_statements", {}}, {"redis_commands", {}}}},
                {"database_connections", {}}});
  const auto judged = nlohmann::json::parse(again).at("strategies");
  ASSERT_EQ(judged.size(), 2U);
  EXPECT_EQ(judged, raced) << "flaws, verdicts, latencies and rates";
}

TEST(Bench, CountsWhatARequestCostsTheServers) {
  const auto [code, out, err] = couponctl(live::with_addresses(
      {"bench", "--strategy", "naive-ge,redis-incr,redis-incr-kafka", "--threads", "1",
       "--requests", "200", "--limit", "50", "--runs", "1", "--output", "json"}));
  ASSERT_EQ(code, 0) << err;
  const auto result = nlohmann::json::parse(out);
  const auto cost = [&](std::size_t design) {
    return result.at("strategies").at(design).at("cost_per_request");
  };
  EXPECT_EQ(cost(0).at("sql_statements"), 1.25) << "each counts, a quarter inserts";
  EXPECT_EQ(cost(0).at("redis_commands"), 0);
  EXPECT_EQ(cost(1).at("sql_statements"), 0.25);
  EXPECT_EQ(cost(1).at("redis_commands"), 1);
  EXPECT_EQ(cost(2).at("sql_statements"), 0.25) << "the consumer's";
}

TEST(Bench, SaysInTheFileThatItWasInterrupted) {
  const CallsFile file;
  auto words = endless_bench();
  words.insert(words.end(), {"--strategy", "redis-incr", "--history-out", file.path()});
  Child bench(words);
  ASSERT_TRUE(eventually([&] {
    std::ifstream text(file.path());
    std::string line;
    for (int i = 0; i < 3; ++i) std::getline(text, line);
    return static_cast<bool>(text);
  })) << bench.err();
  bench.signal(SIGINT);
  EXPECT_EQ(bench.wait(), 130);
  const auto lines = file.lines();
  EXPECT_EQ(lines.back().at("kind"), "end");
  EXPECT_EQ(lines.back().at("interrupted"), true);
  EXPECT_EQ(count(lines, "run"), lines.back().at("runs"));
}

TEST(Bench, ShowsWhoReadTheSameCountByThread) {
  const auto [code, out, err] =
      couponctl(live::with_addresses({"bench", "--strategy", "naive-ge,mutex,redis-incr", "--runs",
                                      "1", "--explain", "--output", "json"}));
  ASSERT_EQ(code, 0) << err;
  const auto found = nlohmann::json::parse(out).at("strategies");
  const auto& naive_ge = found.at(0).at("explanation");
  EXPECT_GE(naive_ge.at("requests"), 2) << naive_ge;
  EXPECT_EQ(naive_ge.at("cut"), false);
  std::set<std::int64_t> threads;
  std::int64_t reads = 0;
  for (const auto& command : naive_ge.at("commands")) {
    threads.insert(command.at("thread").get<std::int64_t>());
    if (!command.at("command").get<std::string>().starts_with("SELECT COUNT(*)")) continue;
    ++reads;
    EXPECT_EQ(command.at("answer"), naive_ge.at("answer"));
  }
  EXPECT_GE(threads.size(), 2U) << naive_ge;
  EXPECT_EQ(reads, naive_ge.at("requests_told"));
  EXPECT_EQ(found.at(1).at("explanation").at("requests"), 0) << "mutex lets nobody read the same";
  EXPECT_EQ(found.at(2).at("explanation").at("requests"), 0) << "no two get the same from INCR";
}

TEST(Bench, PlaysAWriteUpAndSetsItsClaimsBesideWhatWasSeen) {
  const auto [code, out, err] = couponctl(live::with_addresses(
      {"bench", "--preset", "S4", "--requests", "200", "--runs", "1", "--output", "json"}));
  ASSERT_EQ(code, 0) << err;
  const auto result = nlohmann::json::parse(out);
  std::set<std::string> trials;
  for (const auto& claim : result.at("claims")) {
    trials.insert(claim.at("trial"));
    const auto& kind = claim.at("kind");
    if (kind != "exactly" && kind != "one_row") continue;
    EXPECT_EQ(claim.at("verdict"), "as claimed") << claim;
    EXPECT_EQ(claim.at("issued_max"), kind == "exactly" ? 100 : 1) << claim;
  }
  EXPECT_EQ(trials, (std::set<std::string>{"distinct users", "two servers", "one user"}));
  EXPECT_EQ(result.at("trials").at(1).at("parameters").at("processes"), 2);
}

TEST(Bench, SaysOfAClaimWhyItWasNotMeasured) {
  const auto [code, out, err] = couponctl(
      live::with_addresses({"bench", "--preset", "S0", "--strategy", "redis-incr,redis-incr-kafka",
                            "--runs", "1", "--kafka", "127.0.0.1:1", "--output", "json"}));
  ASSERT_EQ(code, 0) << err;
  const auto claims = nlohmann::json::parse(out).at("claims");
  ASSERT_EQ(claims.size(), 3U) << "of these two designs";
  EXPECT_EQ(claims.at(0).at("verdict"), "as claimed");
  for (const int kafka : {1, 2}) {
    EXPECT_EQ(claims.at(kafka).at("verdict"), "not measured");
    EXPECT_TRUE(claims.at(kafka).at("why").get<std::string>().starts_with("cannot reach Kafka"));
  }
}

TEST(Bench, TellsOfEveryTrialOfAPresetAlsoWhenInterrupted) {
  Child bench(live::with_addresses(
      {COUPONCTL_BINARY, "bench", "--preset", "S4", "--runs", "10000", "--output", "json"}));
  ASSERT_TRUE(eventually([] { return live::redis_keys("couponctl_bench_*:couponCount") > 0; }))
      << "S4 names its counter so: " << bench.err();
  bench.signal(SIGINT);
  EXPECT_EQ(bench.wait(), 130);
  const auto result = nlohmann::json::parse(bench.out());
  EXPECT_EQ(result.at("trials").size(), 3U);
  EXPECT_EQ(result.at("claims").back().at("why"), "interrupted");
  EXPECT_EQ(scratch_keys(), 0);
  EXPECT_EQ(scratch_databases(), 0U);
}

}  // namespace
}  // namespace couponctl
