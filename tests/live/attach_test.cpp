// Can another process attach to a deployment by its name, and create nothing?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "live/servers.h"
#include "race/storm.h"
#include "strategies/strategy.h"

namespace couponctl::strategies {
namespace {

constexpr std::int64_t limit = 50;

class Attach : public testing::TestWithParam<Strategy> {
 protected:
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
  race::Storm storm(
      {.load = {.threads = 16, .requests = 800}, .processes = 2, .executable = COUPONCTL_BINARY},
      GetParam(), scratch);
  const auto load = storm.run(patience(), [](auto) {});
  EXPECT_EQ(storm.unfinished(), "");
  EXPECT_EQ(load.answered, 800) << load.first_error << load.broken;
  EXPECT_FALSE(load.stopped);
  std::set<std::uint32_t> numbers;
  std::set<std::uint16_t> workers;
  std::int64_t granted = 0;
  load.history->for_each([&](const load::Call& call) {
    numbers.insert(call.number);
    workers.insert(call.worker);
    granted += call.outcome == load::Outcome::granted;
  });
  EXPECT_EQ(std::ssize(numbers), 800);
  EXPECT_TRUE(*workers.begin() < 8 && *workers.rbegin() >= 8) << "both have asked";
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
