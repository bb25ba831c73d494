// Does the bench command end well, however it is ended?
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ranges>

#include "live/servers.h"
#include "process/state.h"
#include "strategies/strategy.h"
#include "support/child.h"

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
  EXPECT_NE(err.find("kafka 127.0.0.1:1"), std::string::npos) << err;
  EXPECT_NE(err.find("--kafka / COUPONCTL_KAFKA"), std::string::npos) << err;
}

}  // namespace
}  // namespace couponctl
