#include "report/units.h"

#include <gtest/gtest.h>

namespace couponctl::report {
namespace {

using namespace std::chrono_literals;

TEST(ShortNumber, KeepsThreeDigits) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(7), "7");
  EXPECT_EQ(short_number(3.21456), "3.21");
  EXPECT_EQ(short_number(950), "950");
  EXPECT_EQ(short_number(1000), "1.00k");
  EXPECT_EQ(short_number(12'412), "12.4k");
  EXPECT_EQ(short_number(124'120), "124k");
  EXPECT_EQ(short_number(1.2e6), "1.20M");
  EXPECT_EQ(short_number(5e12), "5000G");
}

TEST(ShortNumber, RoundsUpIntoTheNextUnit) {
  EXPECT_EQ(short_number(999.4), "999");
  EXPECT_EQ(short_number(999.6), "1.00k");
  EXPECT_EQ(short_number(9'996), "10.0k");
  EXPECT_EQ(short_number(99'960), "100k");
  EXPECT_EQ(short_number(999'600), "1.00M");
}

TEST(ShortDuration, PicksTheUnit) {
  EXPECT_EQ(short_duration(0ns), "0 ns");
  EXPECT_EQ(short_duration(812ns), "812 ns");
  EXPECT_EQ(short_duration(45'200ns), "45.2 µs");
  EXPECT_EQ(short_duration(1'930'000ns), "1.93 ms");
  EXPECT_EQ(short_duration(999'999'999ns), "1.00 s");
  EXPECT_EQ(short_duration(2h), "7200 s");
}

TEST(Countdown, RoundsUpToSeconds) {
  EXPECT_EQ(countdown(0ns), "0s");
  EXPECT_EQ(countdown(1ms), "1s");
  EXPECT_EQ(countdown(59'001ms), "1m 00s");
  EXPECT_EQ(countdown(100s), "1m 40s");
  EXPECT_EQ(countdown(3720s), "1h 02m");
}

TEST(Grouped, SeparatesThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(10'000), "10,000");
  EXPECT_EQ(grouped(-1'234'567), "-1,234,567");
  EXPECT_EQ(grouped(-123), "-123");
}

TEST(Percentage, HasOneDecimal) { EXPECT_EQ(percentage(0.25887), "25.9 %"); }

TEST(Range, OfOneValueIsTheValue) {
  EXPECT_EQ(range({100, 100}), "100");
  EXPECT_EQ(range({106, 121}), "106..121");
}

TEST(Excess, ShowsItsSignUnlessZero) {
  EXPECT_EQ(excess({0, 0}), "0");
  EXPECT_EQ(excess({6, 6}), "+6");
  EXPECT_EQ(excess({6, 21}), "+6..+21");
  EXPECT_EQ(excess({0, 21}), "0..+21");
}

TEST(Printable, DisarmsControlCharactersAndKeepsTheRest) {
  EXPECT_EQ(printable("a\x1b[31m\n\x7f"), "a\\x1b[31m\\x0a\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\x9b31m");
  EXPECT_EQ(printable("µ ✓ 쿠폰"), "µ ✓ 쿠폰");
}

TEST(WidthColumns, CountsCodePoints) {
  EXPECT_EQ(width_columns(""), 0);
  EXPECT_EQ(width_columns("✗ µs…"), 5);
}

TEST(FirstColumns, NeverCutsACodePoint) {
  EXPECT_EQ(first_columns("✗µ…", 2), "✗µ");
  EXPECT_EQ(first_columns("✗µ…", 0), "");
  EXPECT_EQ(first_columns("ab", 5), "ab");
}

}  // namespace
}  // namespace couponctl::report
