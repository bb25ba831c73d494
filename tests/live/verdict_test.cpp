// Does the bench's verdict stay honest when its servers, or its user, get in the way?
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "live/faults.h"
#include "live/servers.h"
#include "support/child.h"

namespace couponctl {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using test::Child;
using test::eventually;

constexpr seconds race_within{120};

class Verdict : public testing::Test {
 protected:
  // `couponctl bench <words> --output json` on servers that these tests may harm.
  std::vector<std::string> bench(std::vector<std::string> words) const {
    words.insert(words.begin(), {COUPONCTL_BINARY, "bench", "--output", "json"});
    return live::with_addresses(std::move(words), live::harmed_servers());
  }

  redis::Client redis() const { return *redis::Client::connect(servers_.redis); }
  mysql::Connection mysql() const { return *mysql::Connection::connect(servers_.mysql); }

  void configure(std::string_view name, std::string_view value) const {
    ASSERT_TRUE(redis().command({"CONFIG", "SET", name, value}));
  }
  void execute(const std::string& statement) const {
    const auto done = mysql().execute(statement);
    ASSERT_TRUE(done) << done.error().text;
  }

  // How many requests of the race at hand redis-incr has counted.
  std::int64_t counted() const {
    constexpr auto script =
        "local keys = redis.call('KEYS', 'couponctl_bench_*:coupon_count') "
        "return #keys == 0 and 0 or tonumber(redis.call('GET', keys[1]))";
    auto client = redis();
    const auto count = redis::integer(client.command({"EVAL", script, "0"}));
    return count ? *count : 0;
  }
  bool eventually_counted(std::int64_t requests) const {
    return eventually([&] { return counted() >= requests; }, seconds(60));
  }

  std::size_t scratch_databases() const {
    return mysql().query("SHOW DATABASES LIKE 'couponctl\\_bench\\_%'")->size();
  }

  // Its only design.
  static json design(const Child& bench) {
    const auto result = json::parse(bench.out());
    EXPECT_EQ(result.at("strategies").size(), 1U);
    return result.at("strategies").at(0);
  }

  static void expect_inconclusive(Child& bench) {
    EXPECT_EQ(bench.wait(race_within), 6) << bench.out() << bench.err();
    const auto found = design(bench);
    EXPECT_EQ(found.at("outcome"), "inconclusive") << found;
    EXPECT_EQ(found.at("good"), false);
    EXPECT_GT(found.at("errors"), 0);
  }

  const servers::Servers servers_ = live::servers_of(live::harmed_servers());
};

TEST_F(Verdict, IsInconclusiveWhereEveryRequestFails) {
  configure("maxmemory", "1");
  Child child(bench({"--strategy", "redis-incr", "--runs", "2"}));
  expect_inconclusive(child);
  configure("maxmemory", "0");
  const auto found = design(child);
  EXPECT_EQ(found.at("errors"), 2000);
  EXPECT_TRUE(found.at("requests_per_second").at("median").is_null())
      << "a rate of failures is no rate of requests";
  EXPECT_NE(found.at("verdict").get<std::string>().find("2,000 of 2,000 requests failed"),
            std::string::npos)
      << found;
}

TEST_F(Verdict, IsInconclusiveWhereRedisIsFullInTheMiddleOfTheRace) {
  Child child(
      bench({"--strategy", "redis-incr", "--runs", "1", "--warm-up", "0", "--requests", "100000"}));
  ASSERT_TRUE(eventually_counted(500)) << child.err();
  configure("maxmemory", "1");
  expect_inconclusive(child);
  configure("maxmemory", "0");
}

TEST_F(Verdict, IsInconclusiveWhereTheDatabaseTakesNoWritesAndTheNextBenchCleansUp) {
  execute("CREATE OR REPLACE USER racer@'%'");
  execute("GRANT ALL ON `couponctl\\_bench\\_%`.* TO racer@'%'");
  auto address = live::harmed_servers().addresses().mysql.text();
  Child child(bench({"--strategy", "redis-incr", "--warm-up", "0", "--runs", "1", "--requests",
                     "100000", "--limit", "100000", "--mysql", "racer@" + address}));
  const bool begun = eventually_counted(500);
  execute("SET GLOBAL read_only = 1");
  EXPECT_TRUE(begun) << child.err();
  expect_inconclusive(child);
  execute("SET GLOBAL read_only = 0");
  EXPECT_NE(child.out().find("was not removed"), std::string::npos) << child.out();
  EXPECT_EQ(scratch_databases(), 1U);

  Child next(bench({"--strategy", "naive-ge", "--runs", "1"}));
  EXPECT_EQ(next.wait(race_within), 0) << next.err();
  EXPECT_NE(next.out().find("left by one that ended early, was removed"), std::string::npos)
      << next.out();
  EXPECT_EQ(scratch_databases(), 0U);
  EXPECT_EQ(counted(), 0) << "its keys are gone too";
  execute("DROP USER racer@'%'");
}

TEST_F(Verdict, CallersConnectAgainAfterTheirConnectionsWereKilled) {
  Child child(
      bench({"--strategy", "redis-incr", "--runs", "1", "--warm-up", "0", "--requests", "100000"}));
  ASSERT_TRUE(eventually_counted(500)) << child.err();
  ASSERT_TRUE(redis().command({"CLIENT", "KILL", "TYPE", "normal"}));
  expect_inconclusive(child);
  const auto found = design(child);
  EXPECT_LT(found.at("errors"), 1000) << "32 callers lost one connection each";
  EXPECT_EQ(found.at("issued_max"), 100);
}

TEST_F(Verdict, NamesTheServerThatWasNamedFirst) {
  Child child({COUPONCTL_BINARY, "bench", "--redis", "nohost.invalid", "--mysql",
               "root@127.0.0.1:1", "--kafka", "127.0.0.1:1"});
  EXPECT_EQ(child.wait(race_within), 3);
  const auto said = child.err();
  EXPECT_LT(said.find("Redis at nohost.invalid"), said.find("MySQL at root@127.0.0.1:1")) << said;
}

TEST_F(Verdict, ComesSoonAfterCtrlCAlsoWhereTheBrokerIsSilent) {
  Child child(bench({"--strategy", "pipeline", "--runs", "1000"}));
  const bool begun = eventually(
      [&] {
        constexpr auto script = "return #redis.call('KEYS', 'coupon:{bench_*}:users')";
        auto client = redis();
        return *redis::integer(client.command({"EVAL", script, "0"})) > 0;
      },
      seconds(60));
  auto& stack = live::harmed_servers();
  EXPECT_TRUE(stack.pause(stack::Server::kafka));
  EXPECT_TRUE(begun) << child.err();
  child.signal(SIGINT);
  EXPECT_EQ(child.wait(seconds(60)), 130) << child.err();
  EXPECT_TRUE(stack.resume(stack::Server::kafka));
  EXPECT_EQ(json::parse(child.out()).at("interrupted"), true);

  Child next(bench({"--strategy", "naive-ge", "--runs", "1"}));
  EXPECT_EQ(next.wait(race_within), 0) << next.err();
  EXPECT_EQ(scratch_databases(), 0U);
}

TEST_F(Verdict, SweepsWhatAKilledBenchHasLeftAndNothingOfALivingOne) {
  Child killed(bench({"--strategy", "redis-incr", "--runs", "10000"}));
  ASSERT_TRUE(eventually_counted(1)) << killed.err();
  killed.signal(SIGKILL);
  killed.wait();
  ASSERT_EQ(scratch_databases(), 1U);
  Child living(bench({"--strategy", "naive-ge", "--runs", "10000"}));
  ASSERT_TRUE(eventually([&] {
    return mysql().query("SHOW DATABASES LIKE 'couponctl\\_bench\\_%naive\\_ge'")->size() == 1;
  })) << living.err();
  EXPECT_EQ(scratch_databases(), 1U) << "its own, and nothing of the killed one";
  EXPECT_EQ(counted(), 0);
  Child next(bench({"--strategy", "naive-ge", "--runs", "1"}));
  EXPECT_EQ(next.wait(race_within), 0) << next.err();
  living.signal(SIGINT);
  EXPECT_EQ(living.wait(), 130) << living.err();
  const auto found = design(living);
  EXPECT_EQ(found.at("errors"), 0) << "nobody took its tables away";
  EXPECT_EQ(scratch_databases(), 0U);
}

TEST_F(Verdict, EndsAlsoWhereDescriptorsAreFew) {
  auto words = bench({"--strategy", "pipeline"});
  words.insert(words.begin(), {"sh", "-c", "ulimit -n 25; exec \"$@\"", "sh"});
  Child child(std::move(words));
  EXPECT_EQ(child.wait(race_within), 1) << child.out() << child.err();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  // A sanitizer needs descriptors of its own: the one too many may then be the bench's, not a
  // design's.
  if (child.out().empty()) {
    EXPECT_NE(child.err(), "");
    return;
  }
#endif
  EXPECT_EQ(design(child).at("outcome"), "failed") << child.out();
}

// The most memory that it has ever had, in MB.
double peak_memory_mb(pid_t pid) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

TEST_F(Verdict, TakesAThousandThreadsInOneHundredMegabytes) {
  Child child(bench(
      {"--strategy", "redis-incr", "--threads", "1024", "--requests", "50000", "--runs", "1"}));
  double peak = 0;
  EXPECT_TRUE(eventually(
      [&] {
        peak = std::max(peak, peak_memory_mb(child.pid()));
        return child.wait(seconds(0)) >= 0;
      },
      race_within));
  EXPECT_EQ(child.wait(), 0) << child.err();
  EXPECT_GT(peak, 1);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(peak, 100);
#endif
}

TEST_F(Verdict, EndsSoonAfterCtrlCHoweverManyUsersThereAre) {
  Child child(bench({"--strategy", "redis-incr", "--users", "20000000", "--requests", "20000000",
                     "--runs", "1", "--warm-up", "0"}));
  ASSERT_TRUE(eventually_counted(1)) << child.err();
  child.signal(SIGINT);
  EXPECT_EQ(child.wait(seconds(30)), 130) << child.err();
  EXPECT_EQ(design(child).at("outcome"), "interrupted");
}

}  // namespace
}  // namespace couponctl
