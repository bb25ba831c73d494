// Can another process attach to a deployment by its name, and create nothing?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "live/servers.h"
#include "strategies/strategy.h"
#include "support/child.h"

namespace couponctl::strategies {
namespace {

constexpr std::int64_t limit = 50;

class Attach : public testing::TestWithParam<Strategy> {
 protected:
  // A process that asks 400 times.
  static std::vector<std::string> worker(const Scratch& scratch) {
    const auto& servers = scratch.servers;
    return {ATTACHED_WORKER,
            std::string(GetParam().info.name),
            scratch.name,
            std::to_string(scratch.run),
            std::to_string(scratch.limit),
            "400",
            std::to_string(servers.redis.port),
            servers.kafka.brokers,
            std::to_string(servers.mysql.port),
            servers.mysql.user,
            servers.mysql.password};
  }

  static load::Wait patience() {
    return {.stop = {}, .deadline = load::Clock::now() + std::chrono::minutes(1)};
  }
};

TEST_P(Attach, TwoProcessesShareOneDeployment) {
  Scratch scratch{.name = fmt::format("couponctl_bench_test_attach_{}", getpid()),
                  .servers = live::servers(),
                  .limit = limit,
                  .run = 1};
  const auto deployment = GetParam().deploy(scratch);
  deployment->reset(scratch.run, patience());
  test::Child one(worker(scratch));
  test::Child other(worker(scratch));
  std::int64_t granted = 0;
  for (auto* process : {&one, &other}) {
    EXPECT_EQ(process->wait(), 0) << process->err();
    std::istringstream said(process->out());
    std::int64_t its_own = -1;
    std::int64_t failed = -1;
    said >> its_own >> failed;
    EXPECT_EQ(failed, 0) << process->err();
    granted += its_own;
  }
  const auto drained = deployment->drain(patience());
  EXPECT_TRUE(drained) << drained.error().text;
  const auto rows = deployment->rows();
  ASSERT_TRUE(rows) << rows.error().text;
  EXPECT_EQ(granted, std::ssize(*rows));
  const auto& info = GetParam().info;
  if (info.promise.never_over_quota && info.across_processes) {
    EXPECT_EQ(std::ssize(*rows), limit);
  }
  EXPECT_TRUE(deployment->drop(patience()));
}

INSTANTIATE_TEST_SUITE_P(EveryStrategy, Attach, testing::ValuesIn(all()), [](const auto& test) {
  std::string name(test.param.info.name);
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace couponctl::strategies
