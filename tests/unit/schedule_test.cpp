#include "load/schedule.h"

#include <gtest/gtest.h>

namespace couponctl::load {
namespace {

using namespace std::chrono_literals;

TEST(Schedule, ClosedLoopIsDueAtOnce) {
  Schedule schedule(2);
  EXPECT_EQ(schedule.next(5ms)->due, 5ms);
  const auto second = schedule.next(9ms);
  EXPECT_EQ(second->number, 1);
  EXPECT_EQ(second->due, 9ms);
  EXPECT_FALSE(schedule.next(10ms));
}

TEST(Schedule, OpenLoopIsDueByTheRateHoweverLongTheOthersTake) {
  Schedule schedule(3, 1000);
  EXPECT_EQ(schedule.next(0ms)->due, 0ms);
  EXPECT_EQ(schedule.next(50ms)->due, 1ms);
  EXPECT_EQ(schedule.next(50ms)->due, 2ms);
  EXPECT_FALSE(schedule.next(50ms));
}

TEST(Schedule, CountsWhatItGaveOutAndNoMore) {
  Schedule schedule(1);
  for (int i = 0; i < 5; ++i) schedule.next(0ms);
  EXPECT_EQ(schedule.given_out(), 1);
}

}  // namespace
}  // namespace couponctl::load
