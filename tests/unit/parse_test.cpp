#include "core/parse.h"

#include <gtest/gtest.h>

#include <limits>

namespace couponctl::core {
namespace {

using namespace std::chrono_literals;

std::string why(const auto& result) { return result ? "accepted" : result.error().text; }

TEST(ParseInteger, AcceptsWholeRange) {
  constexpr auto max = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(*parse_integer("9223372036854775807", 0, max), max);
  EXPECT_EQ(*parse_integer("0", 0, 10), 0);
  EXPECT_EQ(*parse_integer("-3", -5, 10), -3);
}

TEST(ParseInteger, RefusesWhatIsNotExactlyANumberInRange) {
  for (const auto* text : {"", "-", "-1", "010", "0x10", "1e3", "+5", " 5", "5 ", "１２", "abc",
                           "1;DROP", "18446744073709551616", "0", "11", "-0"})
    EXPECT_FALSE(parse_integer(text, 1, 10)) << text;
}

TEST(ParseInteger, SaysRangeValueAndReason) {
  EXPECT_EQ(why(parse_integer("010", 1, 1'000'000'000)),
            R"(must be 1..1000000000 (got "010": leading zero))");
}

TEST(ParseNumber, RefusesNanInfinityAndHexadecimal) {
  EXPECT_EQ(*parse_number("0.25", 0, 1), 0.25);
  for (const auto* text : {"nan", "inf", "-1", "0x1p3", "1e3", "1.", ".5", "1.2.3", ""})
    EXPECT_FALSE(parse_number(text, 0, 1e9)) << text;
}

TEST(ParseDuration, WantsAUnit) {
  EXPECT_EQ(*parse_duration("250ms", 1ms, 1h), 250ms);
  EXPECT_EQ(*parse_duration("2m", 1ms, 1h), 2min);
  for (const auto* text :
       {"5", "0s", "-5s", "99999999s", "5d", "s", "", "1.5s", "9999999999999999999s"})
    EXPECT_FALSE(parse_duration(text, 1ms, 1h)) << text;
}

TEST(ParseHostPort, RefusesHalfAddresses) {
  EXPECT_EQ(parse_host_port("h", 6379)->text(), "h:6379");
  EXPECT_EQ(parse_host_port("10.0.0.5:1", 6379)->text(), "10.0.0.5:1");
  EXPECT_EQ(parse_host_port("[::1]:9092", 1)->host, "::1");
  for (const auto* text : {"", "host:", "host:0", ":9092", "h:70000", "h:1:2", "[::1", "a b:1"})
    EXPECT_FALSE(parse_host_port(text, 1)) << text;
}

TEST(Quote, CutsLongTextAndEscapesControlCharacters) {
  EXPECT_EQ(quote("a\n\"b\""), R"("a\x0a\"b\"")");
  EXPECT_LT(quote(std::string(70'000, 'x')).size(), 72U);
}

}  // namespace
}  // namespace couponctl::core
