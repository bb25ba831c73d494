#include "core/timestamp.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace couponctl::core {
namespace {

TEST(Timestamp, ReadsUtcAndOffsetsAsTheSameMoment) {
  EXPECT_EQ(*parse_timestamp("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(*parse_timestamp("2026-12-01T01:00:00Z"), 1'796'086'800'000);
  EXPECT_EQ(*parse_timestamp("2026-12-01T10:00:00+09:00"), 1'796'086'800'000);
  EXPECT_EQ(*parse_timestamp("2026-11-30T19:30:00-05:30"), 1'796'086'800'000);
  EXPECT_EQ(*parse_timestamp("2026-12-01T01:00:00.25Z"), 1'796'086'800'250);
  EXPECT_EQ(*parse_timestamp("2024-02-29T23:59:59.999Z"), 1'709'251'199'999);
}

TEST(Timestamp, RefusesWhatIsNotExactlyAMoment) {
  for (const auto* text : {"",
                           "2026-12-01",
                           "2026-12-01T10:00:00",
                           "2026-12-01T10:00Z",
                           "2026-13-01T10:00:00Z",
                           "2026-02-29T10:00:00Z",
                           "2026-12-01T24:00:00Z",
                           "2026-12-01T10:60:00Z",
                           "2026-12-01T10:00:60Z",
                           "2026-12-01T10:00:00.Z",
                           "2026-12-01T10:00:00.1234567890Z",
                           "2026-12-01T10:00:00+09",
                           "2026-12-01T10:00:00+9:00",
                           "2026-12-01T10:00:00+24:00",
                           "2026-12-01T10:00:00Z ",
                           " 2026-12-01T10:00:00Z",
                           "1969-12-31T23:59:59Z",
                           "1970-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "20261-12-01T10:00:00Z",
                           "1796086800000",
                           "tomorrow"})
    EXPECT_FALSE(parse_timestamp(text)) << text;
}

TEST(Timestamp, NamesTheRuleAndTheValueInItsError) {
  EXPECT_EQ(parse_timestamp("noon").error().text,
            "must be a time such as 2026-12-01T10:00:00+09:00 or 2026-12-01T01:00:00Z "
            "(got \"noon\": the date is not YYYY-MM-DD)");
}

TEST(Timestamp, ReadsOtherSpellingsOfTheSameMoment) {
  for (const auto* text :
       {"2026-12-01T01:00:00z", "2026-12-01t01:00:00Z", "2026-12-01 01:00:00Z",
        "2026-12-01T10:00:00+0900", "2026-11-30T19:30:00-0530", "2026-12-01T01:00:00.000000000Z"})
    EXPECT_EQ(*parse_timestamp(text), 1'796'086'800'000) << text;
  EXPECT_EQ(*parse_timestamp("2026-12-01T01:00:00.123999Z"), 1'796'086'800'123);
}

TEST(Timestamp, NamesThePartThatIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {"2026-12-01T10:00:00", "no time zone: add Z, or an offset such as +09:00"},
      {"2026-12-01T10:00:00 KST", "the time zone is not Z, +HH:MM or -HH:MM"},
      {"2026-12-01", "no T and time of day behind the date"},
      {"2026-12-01T10:00Z", "the time of day is not HH:MM:SS"},
      {"2026-12-01T24:00:00Z", "there is no such time of day"},
      {"2026-02-29T10:00:00Z", "there is no such day"},
      {"2026-12-01T10:00:00.Z", "a fraction has 1 to 9 digits"},
      {"2026-12-01T10:00:00Z ", "something stands behind the time zone"},
      {"1969-12-31T23:59:59Z", "not in the years 1970 to 9999"}};
  for (const auto& [text, part] : wrong)
    EXPECT_NE(parse_timestamp(text).error().text.find(std::string(": ") + part + ")"),
              std::string::npos)
        << parse_timestamp(text).error().text;
}

TEST(Timestamp, WritesWhatItReads) {
  for (const auto* text : {"1970-01-01T00:00:00Z", "2026-12-01T01:00:00Z",
                           "2024-02-29T23:59:59.007Z", "9999-12-31T23:59:59.999Z"})
    EXPECT_EQ(format_timestamp(*parse_timestamp(text)), text);
}

}  // namespace
}  // namespace couponctl::core
