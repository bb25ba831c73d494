#include "issuance/back_off.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <algorithm>
#include <sstream>

namespace couponctl::issuance {
namespace {

using namespace std::chrono_literals;

class BackOffTest : public testing::Test {
 protected:
  BackOffTest() { log_->set_pattern("%l %v"); }

  std::int64_t lines() const {
    const auto text = said_.str();
    return std::ranges::count(text, '\n');
  }
  bool said(const std::string& what) const { return said_.str().find(what) != std::string::npos; }

  std::ostringstream said_;
  Log log_ = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(said_));
  BackOff back_off_{"database", {50ms, 5s}, log_};
  BackOff::Time now_{1h};
};

TEST_F(BackOffTest, IsToldOnceWhenItBeginsAndOnceWhenItEnds) {
  for (int i = 0; i < 100; ++i) back_off_.failed("it is away", now_ += 100ms);
  EXPECT_TRUE(back_off_.active());
  EXPECT_EQ(lines(), 1);
  EXPECT_TRUE(said("warning database: it is away")) << said_.str();
  back_off_.over(now_);
  back_off_.over(now_);
  EXPECT_FALSE(back_off_.active());
  EXPECT_EQ(lines(), 2);
  EXPECT_TRUE(said("works again after 9.9s and 100 failures")) << said_.str();
}

TEST_F(BackOffTest, ThatLastsAMinuteIsAnAlarmOnce) {
  for (int i = 0; i < 200; ++i) back_off_.failed("it is away", now_ += 1s);
  EXPECT_EQ(lines(), 2);
  EXPECT_TRUE(said("error database: needs help after 1m")) << said_.str();
}

TEST_F(BackOffTest, ThatIsGraveIsAnAlarmAtOnce) {
  back_off_.failed("the disk is full", now_, true);
  EXPECT_TRUE(said("error database: needs help")) << said_.str();
}

TEST_F(BackOffTest, WaitsAtRandomUpToABoundThatDoublesAndEnds) {
  std::chrono::nanoseconds longest{0};
  for (int i = 0; i < 1000; ++i) {
    back_off_.failed("it is away", now_);
    const auto wait = back_off_.due() - now_;
    ASSERT_GE(wait, 0ns);
    ASSERT_LE(wait, std::min<std::chrono::nanoseconds>(50ms * (1LL << std::min(i, 20)), 5s)) << i;
    longest = std::max<std::chrono::nanoseconds>(longest, wait);
  }
  EXPECT_GT(longest, 4s) << "a thousand waits of up to 5 s";
  back_off_.over(now_);
  EXPECT_LE(back_off_.due(), now_);
}

}  // namespace
}  // namespace couponctl::issuance
