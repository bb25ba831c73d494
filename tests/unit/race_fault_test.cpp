#include "race/fault.h"

#include <gtest/gtest.h>

#include <set>

#include "race/turns.h"

namespace couponctl::race {
namespace {

using namespace std::chrono_literals;

TEST(RaceFault, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const auto fault : all_faults) names.insert(name(fault));
  EXPECT_EQ(names.size(), std::size(all_faults));
  EXPECT_EQ(name(Fault::redis_flush), "redis-flush");
  EXPECT_EQ(name(Fault::late_consumer), "late-consumer");
  EXPECT_EQ(name(Fault::leftovers), "leftovers");
}

TEST(RaceFault, TouchesOnlyWhoUsesTheServer) {
  const strategies::Needs mysql_alone{};
  EXPECT_NE(untouched(Fault::broker_down, mysql_alone), "");
  EXPECT_NE(untouched(Fault::redis_flush, mysql_alone), "");
  EXPECT_EQ(untouched(Fault::database_down, mysql_alone), "");
  EXPECT_EQ(untouched(Fault::kill_applier, mysql_alone), "");
  EXPECT_EQ(untouched(Fault::broker_down, {.kafka = true}), "");
  EXPECT_EQ(untouched(Fault::leftovers, mysql_alone), "it keeps no keys");
  EXPECT_EQ(untouched(Fault::leftovers, {.redis = true}), "");
}

TEST(KillSwitch, EndsItsHookAtThatCommandAndForEver) {
  KillSwitch kills;
  auto* const doomed = kills.hook();
  doomed->before({});
  EXPECT_FALSE(kills.kill_all(2, 0ms)) << "it has sent nothing yet";
  EXPECT_NO_THROW(doomed->before({}));
  EXPECT_THROW(doomed->before({}), Killed);
  EXPECT_THROW(doomed->before({}), Killed) << "nor does it send a ROLLBACK";
  auto* const next = kills.hook();
  EXPECT_NO_THROW(next->before({}));
}

TEST(KillSwitch, KnowsWhetherThereIsAnybody) {
  KillSwitch kills;
  EXPECT_FALSE(kills.has_any());
  kills.hook();
  EXPECT_TRUE(kills.has_any());
}

}  // namespace
}  // namespace couponctl::race
