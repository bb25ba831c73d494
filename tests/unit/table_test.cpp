#include "report/table.h"

#include <gtest/gtest.h>

namespace couponctl::report {
namespace {

Table strategies() {
  Table table({{"STRATEGY"}, {"OVER", Align::right}, {"p99", Align::right}, {"VERDICT"}});
  table.add({"naive", "+6..+21", "812 µs", {"✗ over-issues", Style::bad}});
  table.add({"redis-incr", "0", "1.93 ms", {"✓ exact", Style::good}});
  return table;
}

TEST(Table, AlignsByCodePointsAndLeavesNoTrailingSpace) {
  EXPECT_EQ(strategies().render(Format::table, false),
            "STRATEGY       OVER      p99  VERDICT\n"
            "naive       +6..+21   812 µs  ✗ over-issues\n"
            "redis-incr        0  1.93 ms  ✓ exact\n");
}

TEST(Table, ColourAddsOnlyEscapes) {
  EXPECT_EQ(strategies().render(Format::table, true),
            "STRATEGY       OVER      p99  VERDICT\n"
            "naive       +6..+21   812 µs  \x1b[31m✗ over-issues\x1b[0m\n"
            "redis-incr        0  1.93 ms  \x1b[32m✓ exact\x1b[0m\n");
}

TEST(Table, ColourDoesNotMoveTheColumns) {
  Table table({{"A"}, {"B", Align::right}, {"C"}});
  table.add({{"x", Style::dim}, {"y", Style::good}, {"", Style::bad}});
  table.add({"long", "longer", "z"});
  EXPECT_EQ(table.render(Format::table, true),
            "A          B  C\n"
            "\x1b[2mx\x1b[0m          \x1b[32my\x1b[0m\n"
            "long  longer  z\n");
}

TEST(Table, ShowsItsHeaderWithoutRows) {
  EXPECT_EQ(Table({{"A"}, {"B"}}).render(Format::table, false), "A  B\n");
  EXPECT_EQ(Table({{"A"}, {"B"}}).render(Format::csv, false), "A,B\n");
  EXPECT_EQ(Table({{"A"}, {"B"}}).render(Format::markdown, false), "| A | B |\n| --- | --- |\n");
}

TEST(Table, CsvQuotesWhatRfc4180Says) {
  Table table({{"name"}, {"a,b"}});
  table.add({"plain text", "comma, here"});
  table.add({"say \"hi\"", "two\nlines"});
  table.add({"", "carriage\rreturn"});
  EXPECT_EQ(table.render(Format::csv, true),
            "name,\"a,b\"\n"
            "plain text,\"comma, here\"\n"
            "\"say \"\"hi\"\"\",\"two\nlines\"\n"
            ",\"carriage\rreturn\"\n");
}

TEST(Table, MarkdownEscapesPipesAndMarksAlignment) {
  Table table({{"A|B"}, {"N", Align::right}});
  table.add({"x|y\nz", {"1", Style::bad}});
  EXPECT_EQ(table.render(Format::markdown, true),
            "| A\\|B | N |\n"
            "| --- | ---: |\n"
            "| x\\|y\\x0az | 1 |\n");
}

TEST(Table, ACellCannotSteerTheTerminal) {
  Table table({{"A"}, {"B"}});
  table.add({"\x1b[2J", "b"});
  EXPECT_EQ(table.render(Format::table, true), "A        B\n\\x1b[2J  b\n");
}

TEST(TableDeathTest, RefusesARowOfTheWrongLength) {
  Table table({{"A"}, {"B"}});
  EXPECT_DEATH(table.add({"only one"}), "columns_");
}

}  // namespace
}  // namespace couponctl::report
