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
  EXPECT_EQ(strategies().render(Format::table, {}),
            "STRATEGY       OVER      p99  VERDICT\n"
            "naive       +6..+21   812 µs  ✗ over-issues\n"
            "redis-incr        0  1.93 ms  ✓ exact\n");
}

TEST(Table, ColourAddsOnlyEscapes) {
  EXPECT_EQ(strategies().render(Format::table, {.colour = true}),
            "STRATEGY       OVER      p99  VERDICT\n"
            "naive       +6..+21   812 µs  \x1b[31m✗ over-issues\x1b[0m\n"
            "redis-incr        0  1.93 ms  \x1b[32m✓ exact\x1b[0m\n");
}

TEST(Table, ColourDoesNotMoveTheColumns) {
  Table table({{"A"}, {"B", Align::right}, {"C"}});
  table.add({{"x", Style::dim}, {"y", Style::good}, {"", Style::bad}});
  table.add({"long", "longer", "z"});
  EXPECT_EQ(table.render(Format::table, {.colour = true}),
            "A          B  C\n"
            "\x1b[2mx\x1b[0m          \x1b[32my\x1b[0m\n"
            "long  longer  z\n");
}

TEST(Table, ShowsItsHeaderWithoutRows) {
  EXPECT_EQ(Table({{"A"}, {"B"}}).render(Format::table, {}), "A  B\n");
  EXPECT_EQ(Table({{"A"}, {"B"}}).render(Format::csv, {}), "a,b\n");
  EXPECT_EQ(Table({{"A"}, {"B"}}).render(Format::markdown, {}), "| A | B |\n| --- | --- |\n");
}

TEST(Table, CsvQuotesWhatRfc4180Says) {
  Table table({{"name"}, {"a,b"}});
  table.add({"plain text", "comma, here"});
  table.add({"say \"hi\"", "two\nlines"});
  table.add({"", "carriage\rreturn"});
  EXPECT_EQ(table.render(Format::csv, {.colour = true}),
            "name,\"a,b\"\n"
            "plain text,\"comma, here\"\n"
            "\"say \"\"hi\"\"\",\"two\nlines\"\n"
            ",\"carriage\rreturn\"\n");
}

TEST(Table, MarkdownEscapesPipesAndMarksAlignment) {
  Table table({{"A|B"}, {"N", Align::right}});
  table.add({"x|y\nz", {"1", Style::bad}});
  EXPECT_EQ(table.render(Format::markdown, {.colour = true}),
            "| A\\|B | N |\n"
            "| --- | ---: |\n"
            "| x\\|y\\x0az | 1 |\n");
}

TEST(Table, ACellCannotSteerTheTerminal) {
  Table table({{"A"}, {"B"}});
  table.add({"\x1b[2J", "b"});
  EXPECT_EQ(table.render(Format::table, {.colour = true}), "A        B\n\\x1b[2J  b\n");
}

TEST(Table, FitsTheTerminalByWrappingTheWidestTexts) {
  Table table({{"NAME"}, {"N", Align::right}, {"WHAT IT DOES"}});
  table.add({"naive", "1,000,000", "count the rows, and insert if there are few"});
  table.add({"b", "2", {"short", Style::good}});
  EXPECT_EQ(table.render(Format::table, {.colour = true, .width_max = 40}),
            "NAME           N  WHAT IT DOES\n"
            "naive  1,000,000  count the rows, and\n"
            "                  insert if there are\n"
            "                  few\n"
            "b              2  \x1b[32mshort\x1b[0m\n");
  EXPECT_EQ(table.render(Format::table, {.width_max = 61}),
            table.render(Format::table, {.width_max = 0}));
  // What cannot fit is left as it is.
  EXPECT_EQ(table.render(Format::table, {.width_max = 36}), table.render(Format::table, {}));
  EXPECT_EQ(table.render(Format::csv, {.width_max = 1}), table.render(Format::csv, {}));
}

TEST(Table, BreaksAWordThatIsLongerThanItsColumn) {
  Table table({{"ADDRESS"}});
  table.add({"root@127.0.0.1:3306/coupon_example"});
  EXPECT_EQ(table.render(Format::table, {.width_max = 20}),
            "ADDRESS\nroot@127.0.0.1:3306/\ncoupon_example\n");
}

TEST(Table, SpellsMarksInAsciiWhereAskedTo) {
  Table table({{"VERDICT"}, {"TOOK", Align::right}});
  table.add({"✓", "5 µs"});
  table.add({"✗ loses", "10 ms"});
  EXPECT_EQ(table.render(Format::table, {.ascii = true}),
            "VERDICT   TOOK\nok        5 us\nx loses  10 ms\n");
}

TEST(Table, CsvCallsColumnsAsJsonDoes) {
  Table table({{"OPENS AT"}, {"TOPIC LAG", Align::right, "lag"}});
  EXPECT_EQ(table.render(Format::csv, {}), "opens_at,lag\n");
}

TEST(TableDeathTest, RefusesARowOfTheWrongLength) {
  Table table({{"A"}, {"B"}});
  EXPECT_DEATH(table.add({"only one"}), "columns_");
}

}  // namespace
}  // namespace couponctl::report
