#include "report/consume_report.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>
#include <utility>

namespace couponctl::report {
namespace {

using namespace std::chrono_literals;
using issuance::Consumed;

class ConsumeReportTest : public testing::Test {
 protected:
  ConsumeReportTest() { log_->set_pattern("%l %v"); }

  ConsumeReport::Options options() {
    return {.topic = "coupon_create",
            .group = "group_1",
            .now = [this] { return now_; },
            .log = log_,
            .status = [this](const std::string& what) { status_ = what; }};
  }
  std::string said() {
    auto text = out_.str();
    out_.str("");
    return text;
  }

  std::chrono::nanoseconds now_ = 1000s;
  std::string status_;
  std::ostringstream out_;
  issuance::Log log_ = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out_));
};

TEST_F(ConsumeReportTest, SaysWhatItReadsAndFromWhere) {
  ConsumeReport report(options());
  report.started({{0, 120}, {2, 0}});
  EXPECT_EQ(said(),
            "info reading coupon_create in group group_1: partition 0 from offset 120, 2 from "
            "offset 0\n");
  report.started({});
  EXPECT_EQ(said(),
            "info in group group_1, which has no partition of coupon_create for this process to "
            "read: others read them\n");
}

TEST_F(ConsumeReportTest, SaysEveryHalfMinuteWhatMovedAndOnceThatItWaits) {
  ConsumeReport report(options());
  EXPECT_EQ(report.interval(), 30s);
  report.progressed({}, 0);
  EXPECT_EQ(said(), "info 0 read; waiting for messages\n");
  Consumed consumed{.read = 1200, .issued = 1190, .duplicate = 8};
  consumed.failed[ledger::FailureClass::over_quota] = 2;
  now_ += 30s;
  report.progressed(consumed, 300);
  EXPECT_EQ(said(), "info 1,200 read: 1,190 issued, 8 duplicate, 2 OVER_QUOTA; 40/s, 300 left\n");
  EXPECT_EQ(status_, "1,200 read: 1,190 issued, 8 duplicate, 2 OVER_QUOTA; 40/s, 300 left");
  now_ += 30s;
  report.progressed(consumed, 300);
  EXPECT_EQ(said(), "") << "nothing moved";
  EXPECT_EQ(status_, "1,200 read: 1,190 issued, 8 duplicate, 2 OVER_QUOTA; 0/s, 300 left");
  for (int time = 0; time < 3; ++time) {
    now_ += 30s;
    report.progressed(consumed, 0);
    EXPECT_EQ(said(), time == 0 ? "info 1,200 read: 1,190 issued, 8 duplicate, 2 OVER_QUOTA; "
                                  "waiting for messages\n"
                                : "");
  }
}

TEST_F(ConsumeReportTest, BetweenTwoWordsItIsSilent) {
  ConsumeReport report(options());
  Consumed consumed;
  for (int tenth = 0; tenth < 310; ++tenth, now_ += 100ms) {
    consumed.read += 10;
    report.progressed(consumed, 50);
  }
  EXPECT_EQ(said(), "info 3,010 read; 100/s, 50 left\n");
}

TEST_F(ConsumeReportTest, WhoeverWatchesSeesOneLine) {
  std::string screen;
  Progress line({.write = [&](std::string_view text) { screen += text; },
                 .now = [this] { return now_; },
                 .width_columns = [] { return 100; },
                 .redraws = true},
                "drain", std::nullopt);
  auto watched = options();
  watched.until_drained = true;
  watched.line = &line;
  ConsumeReport report(watched);
  EXPECT_EQ(report.interval(), 1s);
  now_ += 1s;
  report.progressed({.read = 50, .issued = 50}, 150);
  EXPECT_EQ(screen,
            "\rdrain  [#####---------------]   25 %  50 read: 50 issued; 50/s, 150 left  eta 3s"
            "\x1b[K");
  EXPECT_EQ(said(), "");
}

}  // namespace
}  // namespace couponctl::report
