// Is each fault begun once, and taken back when it has lasted?
#include "faults/schedule.h"

#include <gtest/gtest.h>

namespace couponctl::faults {
namespace {

using namespace std::chrono_literals;

const std::vector<Fault> two{{Kind::redis_silence, 100ms, 50ms, 0}, {Kind::redis_flush, 120ms}};

TEST(FaultSchedule, GivesEachFaultOnceWhenItsTimeHasCome) {
  Schedule schedule(two);
  EXPECT_FALSE(schedule.next(99ms));
  EXPECT_EQ(schedule.next(100ms).value().kind, Kind::redis_silence);
  EXPECT_FALSE(schedule.next(100ms));
  EXPECT_EQ(schedule.next(500ms).value().kind, Kind::redis_flush) << "however late";
  EXPECT_FALSE(schedule.next(500ms));
  EXPECT_TRUE(schedule.done()) << "neither was carried out";
}

TEST(FaultSchedule, TakesBackWhatHasLastedCountedFromWhenItBegan) {
  Schedule schedule(two);
  schedule.begun(schedule.next(110ms).value(), 110ms);
  schedule.begun(schedule.next(120ms).value(), 120ms);
  EXPECT_TRUE(schedule.any_begun());
  EXPECT_FALSE(schedule.done());
  EXPECT_FALSE(schedule.next_over(159ms));
  EXPECT_EQ(schedule.next_over(160ms).value().kind, Kind::redis_silence);
  EXPECT_FALSE(schedule.next_over(1s)) << "a flush is over at once";
  EXPECT_TRUE(schedule.done());
}

TEST(FaultSchedule, TheRestIsTakenBackAtOnce) {
  Schedule schedule(two);
  schedule.begun(schedule.next(100ms).value(), 100ms);
  EXPECT_EQ(schedule.rest().size(), 1U);
  EXPECT_TRUE(schedule.rest().empty());
  EXPECT_FALSE(schedule.any_begun());
}

TEST(FaultSchedule, ASeedGivesTheSameFaults) {
  const auto text = [](std::uint64_t seed) {
    Random random(seed);
    std::string all;
    for (const auto& fault : draw_faults(random, 2000ms))
      all += std::string(name(fault.kind)) + std::to_string(fault.at.count()) + ' ';
    return all;
  };
  EXPECT_EQ(text(1), text(1));
  EXPECT_NE(text(1), text(2));
}

}  // namespace
}  // namespace couponctl::faults
