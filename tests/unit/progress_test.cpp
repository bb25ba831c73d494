#include "report/progress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "report/units.h"

namespace couponctl::report {
namespace {

using namespace std::chrono_literals;

// A terminal of any width whose clock moves only when the test says so.
struct SimulatedTerminal {
  std::string output;
  std::chrono::nanoseconds now = 1000s;
  int width = 100;

  Terminal terminal(bool redraws) {
    return {.write = [this](std::string_view text) { output += text; },
            .now = [this] { return now; },
            .width_columns = [this] { return width; },
            .redraws = redraws};
  }
  std::string take() { return std::exchange(output, {}); }
};

// What a redraw wrote, without the return before and the erase behind it.
std::string shown(std::string_view output) {
  EXPECT_TRUE(output.starts_with('\r')) << output;
  EXPECT_TRUE(output.ends_with("\x1b[K")) << output;
  return std::string(output.substr(1, output.size() - 4));
}

TEST(Progress, ShowsLabelBarPercentExtraAndEta) {
  SimulatedTerminal screen;
  Progress progress(screen.terminal(true), "redis-incr  run 7/10", 1000);
  screen.now += 3s;
  progress.update(300, "81.2k req/s");
  EXPECT_EQ(shown(screen.take()),
            "redis-incr  run 7/10  [######--------------]   30 %  81.2k req/s  eta 7s");
}

TEST(Progress, HasNoEtaAtTheStartAndAtTheEnd) {
  SimulatedTerminal screen;
  Progress progress(screen.terminal(true), "x", 10);
  progress.update(0);
  EXPECT_EQ(shown(screen.take()), "x  [--------------------]    0 %");
  screen.now += 1s;
  progress.update(10);
  EXPECT_EQ(shown(screen.take()), "x  [####################]  100 %");
}

TEST(Progress, RedrawsAtMostTenTimesASecond) {
  SimulatedTerminal screen;
  Progress progress(screen.terminal(true), "x", 100'000);
  for (int step = 0; step < 10'000; ++step, screen.now += 1ms) progress.update(step);
  EXPECT_EQ(std::ranges::count(screen.output, '\r'), 100);
}

TEST(Progress, FitsEveryWidthAndFollowsAResize) {
  SimulatedTerminal screen;
  Progress progress(screen.terminal(true), "mysql-lock", 100);
  for (screen.width = 120; screen.width >= 0; --screen.width) {
    screen.now += 1s;
    progress.update(50, "✓ 812 µs");
    EXPECT_LE(width_columns(shown(screen.take())), std::max(screen.width - 1, 0));
  }
}

TEST(Progress, GivesUpTheBarBeforeTheWords) {
  SimulatedTerminal screen;
  Progress progress(screen.terminal(true), "label", 100);
  progress.update(50, "extra");
  EXPECT_EQ(shown(screen.take()), "label  [##########----------]   50 %  extra  eta 0s");
  screen.now += 10s;
  screen.width = 39;
  progress.update(50, "extra");
  EXPECT_EQ(shown(screen.take()), "label  [###---]   50 %  extra  eta 10s");
  screen.now += 10s;
  screen.width = 31;
  progress.update(50, "extra");
  EXPECT_EQ(shown(screen.take()), "label   50 %  extra  eta 20s");
  screen.now += 10s;
  screen.width = 10;
  progress.update(50, "extra");
  EXPECT_EQ(shown(screen.take()), "label   5");
}

TEST(Progress, ClearsItsLineAtTheEnd) {
  SimulatedTerminal screen;
  {
    Progress progress(screen.terminal(true), "x", 10);
    progress.update(5);
    screen.take();
  }
  EXPECT_EQ(screen.output, "\r\x1b[K");
}

TEST(Progress, WritesNothingIfItWasNeverUpdated) {
  SimulatedTerminal screen;
  { Progress progress(screen.terminal(true), "x", 10); }
  EXPECT_EQ(screen.output, "");
}

TEST(Progress, ANoteStandsAboveTheLine) {
  SimulatedTerminal screen;
  Progress progress(screen.terminal(true), "x", 10);
  progress.update(0);
  screen.take();
  progress.note("naive: skipped");
  EXPECT_EQ(screen.output, "\r\x1b[Knaive: skipped\n\rx  [--------------------]    0 %\x1b[K");
}

TEST(Progress, ElsewhereWritesALineForEveryTenth) {
  SimulatedTerminal screen;
  {
    Progress progress(screen.terminal(false), "bench", 1000);
    for (int step = 0; step <= 1000; ++step, screen.now += 10ms) progress.update(step, "ok");
  }
  EXPECT_EQ(screen.output,
            "bench: 10 %  ok  eta 9s\n"
            "bench: 20 %  ok  eta 8s\n"
            "bench: 30 %  ok  eta 7s\n"
            "bench: 40 %  ok  eta 6s\n"
            "bench: 50 %  ok  eta 5s\n"
            "bench: 60 %  ok  eta 4s\n"
            "bench: 70 %  ok  eta 3s\n"
            "bench: 80 %  ok  eta 2s\n"
            "bench: 90 %  ok  eta 1s\n"
            "bench: 100 %  ok\n");
}

TEST(Progress, ElsewhereShowsEveryHalfMinuteThatALongCommandLives) {
  SimulatedTerminal screen;
  Progress progress(screen.terminal(false), "bench", 1'000'000);
  for (int second = 0; second < 65; ++second, screen.now += 1s) progress.update(second);
  EXPECT_EQ(std::ranges::count(screen.output, '\n'), 2) << screen.output;
}

TEST(Progress, ElsewhereAJumpIsOneLine) {
  SimulatedTerminal screen;
  Progress progress(screen.terminal(false), "bench", 100);
  progress.update(95);
  progress.update(96);
  EXPECT_EQ(screen.take(), "bench: 95 %  eta 0s\n");
}

TEST(Progress, ElsewhereNeverWritesAControlCharacter) {
  SimulatedTerminal screen;
  {
    Progress progress(screen.terminal(false), "evil\r\x1b[2J", 100);
    progress.update(50, "\rextra");
    progress.note("\rnote");
  }
  EXPECT_EQ(screen.output, "evil\\x0d\\x1b[2J: 50 %  \\x0dextra  eta 0s\n\\x0dnote\n");
}

TEST(Progress, TakesAnyTotalAndCount) {
  SimulatedTerminal screen;
  Progress nothing(screen.terminal(true), "x", 0);
  nothing.update(5);
  EXPECT_EQ(shown(screen.take()), "x  [####################]  100 %");
  Progress some(screen.terminal(true), "x", 10);
  some.update(-1);
  EXPECT_EQ(shown(screen.take()), "x  [--------------------]    0 %");
  screen.now += 1s;
  some.update(11);
  EXPECT_EQ(shown(screen.take()), "x  [####################]  100 %");
}

TEST(Progress, WithoutATotalSaysHowItGoesAndNoPercent) {
  SimulatedTerminal screen;
  Progress progress(screen.terminal(true), "consume", std::nullopt);
  progress.update(5, "12 read");
  EXPECT_EQ(shown(screen.take()), "consume  12 read");
  screen.now += 1s;
  progress.total(10);
  progress.update(5, "12 read");
  EXPECT_EQ(shown(screen.take()), "consume  [##########----------]   50 %  12 read  eta 1s");
}

TEST(Progress, ElsewhereWithoutATotalALineEveryHalfMinuteIsAll) {
  SimulatedTerminal screen;
  Progress progress(screen.terminal(false), "apply", std::nullopt);
  for (int second = 0; second <= 30; ++second, screen.now += 1s)
    progress.update(second, std::to_string(second) + " users");
  EXPECT_EQ(screen.take(), "apply: 30 users\n");
}

TEST(Progress, MakesRoomAndIsDrawnAgain) {
  SimulatedTerminal screen;
  Progress progress(screen.terminal(true), "x", std::nullopt);
  progress.update(0, "a");
  screen.take();
  progress.clear();
  EXPECT_EQ(screen.take(), "\r\x1b[K");
  progress.clear();
  EXPECT_EQ(screen.take(), "");
  progress.update(0, "b");
  EXPECT_EQ(shown(screen.take()), "x  b");
}

TEST(Progress, ANewLabelShowsAtTheNextRedraw) {
  SimulatedTerminal screen;
  Progress progress(screen.terminal(true), "naive", 10);
  progress.label("pipeline");
  progress.update(0);
  EXPECT_EQ(shown(screen.take()), "pipeline  [--------------------]    0 %");
}

}  // namespace
}  // namespace couponctl::report
