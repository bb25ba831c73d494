#include "issuance/throttle.h"

#include <gtest/gtest.h>

namespace couponctl::issuance {
namespace {

using namespace std::chrono_literals;
using Time = Throttle::Time;

TEST(Throttle, WithoutALimitNothingWaits) {
  Throttle throttle(0, 0s);
  throttle.take(1'000'000'000, 0s);
  EXPECT_EQ(throttle.wait(1'000'000'000, 0s), 0s);
}

TEST(Throttle, AllowsATenthOfASecondsWorthAtOnce) {
  Throttle throttle(1000, 0s);
  EXPECT_EQ(throttle.burst(), 100);
  EXPECT_EQ(throttle.wait(100, 0s), 0s);
  throttle.take(100, 0s);
  EXPECT_EQ(throttle.wait(1, 0s), 1ms);
  EXPECT_EQ(throttle.wait(50, 20ms), 30ms);
}

TEST(Throttle, NeverExceedsTheRateOverAWholeRun) {
  for (const std::int64_t rate : {1, 7, 100, 12345}) {
    Throttle throttle(rate, 0s);
    Time now = 0s;
    std::int64_t written = 0;
    for (int batch = 0; batch < 200; ++batch) {
      while (throttle.wait(throttle.burst(), now) > 0s) now += throttle.wait(throttle.burst(), now);
      throttle.take(throttle.burst(), now);
      written += throttle.burst();
    }
    const auto allowed = std::chrono::duration<double>(now).count() * static_cast<double>(rate) +
                         static_cast<double>(throttle.burst());
    EXPECT_LE(static_cast<double>(written), allowed * 1.000001) << rate;
    EXPECT_GE(static_cast<double>(written), allowed * 0.99) << rate << ": slower than allowed";
  }
}

TEST(Throttle, AnIdleHourIsNotSaved) {
  Throttle throttle(1000, 0s);
  throttle.take(100, 0s);
  EXPECT_EQ(throttle.wait(100, 1h), 0s);
  throttle.take(100, 1h);
  EXPECT_EQ(throttle.wait(100, 1h), 100ms);
}

// A database that takes 700 ms for a batch would else be given no more than 10 rows in that time.
TEST(Throttle, KeepsToTheRateWhereABatchTakesLong) {
  Throttle throttle(100, 0s);
  Time now = 0s;
  std::int64_t written = 0;
  for (int batch = 0; batch < 100; ++batch) {
    now += throttle.wait(throttle.burst(), now);
    const auto rows = throttle.burst();
    throttle.take(rows, now, 700ms);
    now += 700ms;
    written += rows;
  }
  const auto seconds = std::chrono::duration<double>(now).count();
  EXPECT_GE(static_cast<double>(written), 95 * seconds);
  EXPECT_LE(static_cast<double>(written), 100 * seconds + 70);
}

TEST(Throttle, AllowsASecondsWorthAtOnceAtTheMost) {
  Throttle throttle(100, 0s);
  throttle.take(1, 1h, 1h);
  EXPECT_EQ(throttle.burst(), 100);
  throttle.take(1, 2h, 1ms);
  EXPECT_EQ(throttle.burst(), 10);
}

TEST(Throttle, SlowerThanTenASecondStillWritesOneAtATime) {
  Throttle throttle(2, 0s);
  EXPECT_EQ(throttle.burst(), 1);
  throttle.take(1, 0s);
  EXPECT_EQ(throttle.wait(1, 0s), 500ms);
}

TEST(Throttle, WhatWasTakenTooMuchIsPaidBack) {
  Throttle throttle(10, 0s);
  throttle.take(11, 0s);
  EXPECT_EQ(throttle.wait(1, 0s), 1100ms);
}

}  // namespace
}  // namespace couponctl::issuance
