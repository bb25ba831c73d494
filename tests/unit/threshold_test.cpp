// Is a threshold read as it is typed, and judged by what is known?
#include "race/threshold.h"

#include <gtest/gtest.h>

#include "race/result.h"

namespace couponctl::race {
namespace {

using Relation = Threshold::Relation;
using Word = Judged::Word;

DesignResult design(std::int64_t samples) {
  DesignResult result;
  result.name = "naive-ge";
  result.runs = 2;
  result.issued = {100, 117};
  result.over = {0, 17};
  result.requests_per_second = {900, 1000, 1100};
  for (std::int64_t i = 1; i <= samples; ++i) result.latency.record(i * 1000);
  return result;
}

Word word_of(std::string_view text, const DesignResult& result = design(1000)) {
  const auto threshold = parse_threshold(text);
  EXPECT_TRUE(threshold) << text << ": " << threshold.error().text;
  return judge({*threshold}, {result}).at(0).word;
}

std::string refusal(std::string_view text) {
  const auto threshold = parse_threshold(text);
  return threshold ? "" : threshold.error().text;
}

TEST(Threshold, IsReadWithAndWithoutSpaces) {
  for (const auto* text :
       {"naive-ge.p99 <= 1.5ms", "naive-ge.p99<=1.5ms", " naive-ge.p99 <=1.5ms "}) {
    const auto threshold = parse_threshold(text);
    ASSERT_TRUE(threshold) << text;
    EXPECT_EQ(threshold->design, "naive-ge");
    EXPECT_EQ(threshold->metric->name, "p99");
    EXPECT_EQ(threshold->relation, Relation::at_most);
    EXPECT_DOUBLE_EQ(threshold->bound, 1.5e6);
  }
}

TEST(Threshold, NamesWhatIsWrong) {
  for (const auto* text : {"", "p99 < 50ms", "naive.p99", "naive.p99 = 50ms", "naive p99 < 50ms"})
    EXPECT_NE(refusal(text).find("must be like"), std::string::npos) << text;
  EXPECT_NE(refusal("naive.p98 < 50ms").find("must name one of issued, over,"), std::string::npos);
  EXPECT_NE(refusal("naive.p98 < 50ms").find("(got \"p98\")"), std::string::npos);
  for (const auto* text : {"naive.p99 < 50", "naive.p99 < 50min", "naive.p99 <"})
    EXPECT_NE(refusal(text).find("a time and its unit"), std::string::npos) << text;
  EXPECT_NE(refusal("naive.over == none"), "");
}

TEST(Threshold, OnWhatIsIssuedIsKeptWhereEveryRunKeepsIt) {
  EXPECT_EQ(word_of("naive-ge.over == 0"), Word::missed) << "one run issued 17 too many";
  EXPECT_EQ(word_of("naive-ge.over <= 17"), Word::kept);
  EXPECT_EQ(word_of("naive-ge.over < 17"), Word::missed);
  EXPECT_EQ(word_of("naive-ge.issued >= 100"), Word::kept);
  EXPECT_EQ(word_of("naive-ge.issued > 100"), Word::missed);
  EXPECT_EQ(word_of("naive-ge.lost == 0"), Word::kept);
}

TEST(Threshold, TakesTheMedianOfTheRatesAndTimesInTheirUnits) {
  EXPECT_EQ(word_of("naive-ge.requests_per_second >= 1000"), Word::kept);
  EXPECT_EQ(word_of("naive-ge.requests_per_second > 1000"), Word::missed);
  EXPECT_EQ(word_of("naive-ge.max == 1ms"), Word::kept);
  EXPECT_EQ(word_of("naive-ge.p50 < 501us"), Word::kept);
  EXPECT_EQ(word_of("naive-ge.p50 < 499us"), Word::missed);
  EXPECT_EQ(word_of("naive-ge.p99 < 0.001s"), Word::kept);
}

TEST(Threshold, SaysWhatWasNotMeasured) {
  EXPECT_EQ(word_of("naive-ge.p99 < 1s", design(999)), Word::not_measured) << "too few samples";
  EXPECT_EQ(word_of("naive-ge.p50 < 1s", design(0)), Word::not_measured);
  EXPECT_EQ(word_of("naive-ge.durable_p50 < 1s"), Word::not_measured);
  EXPECT_EQ(word_of("naive-ge.sql_per_request < 2"), Word::not_measured);
  EXPECT_EQ(word_of("mutex.over == 0"), Word::not_measured) << "it is not there";
  auto unsettled = design(1000);
  unsettled.verdict = Verdict::inconclusive;
  EXPECT_EQ(word_of("naive-ge.lost == 0", unsettled), Word::not_measured);
  EXPECT_EQ(word_of("naive-ge.issued == 100", unsettled), Word::not_measured);
  auto skipped = design(1000);
  skipped.runs = 0;
  EXPECT_EQ(word_of("naive-ge.over == 0", skipped), Word::not_measured);
}

}  // namespace
}  // namespace couponctl::race
