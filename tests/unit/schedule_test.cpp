#include "load/schedule.h"

#include <gtest/gtest.h>

namespace couponctl::load {
namespace {

using namespace std::chrono_literals;

TEST(Schedule, ClosedLoopIsDueAtOnce) {
  const Schedule schedule(2);
  EXPECT_EQ(schedule.due(0, 5ms), 5ms);
  EXPECT_EQ(schedule.due(1, 9ms), 9ms);
  EXPECT_FALSE(schedule.due(2, 10ms));
}

TEST(Schedule, OpenLoopIsDueByTheRateHoweverLongTheOthersTake) {
  const Schedule schedule(3, 1000);
  EXPECT_EQ(schedule.due(0, 0ms), 0ms);
  EXPECT_EQ(schedule.due(1, 50ms), 1ms);
  EXPECT_EQ(schedule.due(2, 50ms), 2ms);
  EXPECT_FALSE(schedule.due(3, 50ms));
}

}  // namespace
}  // namespace couponctl::load
