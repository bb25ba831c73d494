#include "load/drain.h"

#include <gtest/gtest.h>

namespace couponctl::load {
namespace {

using namespace std::chrono_literals;
using core::Result;

Wait long_enough() { return {.stop = {}, .deadline = Clock::now() + 1h}; }

TEST(Drain, GoesOnAsLongAsSomethingMoves) {
  // Each step takes longer than a tenth of what counts as standing still, all of them far longer.
  std::int64_t left = 60;
  const auto drained = drain(
      long_enough(), "messages", [&] { return Result<std::int64_t>(left--); }, 200ms);
  EXPECT_TRUE(drained) << drained.error().text;
}

TEST(Drain, GivesUpWhenNothingMoves) {
  const auto drained = drain(
      long_enough(), "messages", [] { return Result<std::int64_t>(7); }, 30ms);
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().text, "not settled: 7 messages left, and nothing has moved for 30ms");
}

TEST(Drain, TakesAnErrorForPassingAndTellsTheLastOne) {
  int asked = 0;
  const auto failing = [&]() -> Result<std::int64_t> {
    if (++asked < 3) return core::Error{core::Fault::unreachable, {}, "no broker"};
    return 0;
  };
  EXPECT_TRUE(drain(long_enough(), "messages", failing, 10s));
  const auto gone = [&]() -> Result<std::int64_t> {
    return core::Error{core::Fault::unreachable, {}, "no broker"};
  };
  EXPECT_NE(drain(long_enough(), "messages", gone, 30ms).error().text.find("no broker"),
            std::string::npos);
}

TEST(Drain, EndsAtOnceWhenAskedTo) {
  std::stop_source stop;
  stop.request_stop();
  const Wait wait{.stop = stop.get_token(), .deadline = Clock::now() + 1h};
  const auto drained = drain(
      wait, "messages", [] { return Result<std::int64_t>(7); }, 1h);
  ASSERT_FALSE(drained);
  EXPECT_NE(drained.error().text.find("interrupted"), std::string::npos);
}

TEST(Drain, EndsAtItsDeadline) {
  const Wait wait{.stop = {}, .deadline = Clock::now() + 20ms};
  EXPECT_FALSE(drain(
      wait, "messages", [] { return Result<std::int64_t>(7); }, 1h));
}

}  // namespace
}  // namespace couponctl::load
