#include "core/printable.h"

#include <gtest/gtest.h>

#include <string>

#include "core/parse.h"

namespace couponctl::core {
namespace {

TEST(Printable, WritesOutWhatSteersATerminal) {
  EXPECT_EQ(printable("\x1b[31m\n\x7f"), "\\x1b[31m\\x0a\\x7f");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "b"),
            "a\\x9bb");
}

TEST(Printable, WritesOutBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("\x9b[31m"), "\\x9b[31m");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                    // longer than needed
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
}

TEST(Printable, WritesOutWhatCannotBeSeen) {
  EXPECT_EQ(printable("1\xc2\xa0"), "1\\u00a0");
  EXPECT_EQ(printable("1\xe3\x85\xa4"), "1\\u3164");  // a filler of Hangul
  EXPECT_EQ(printable("\xef\xbb\xbf"
                      "1"),
            "\\ufeff1");
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b"),
            "a\\u202eb");
}

TEST(Printable, KeepsWhatCan) {
  EXPECT_EQ(printable("µ ✓ 쿠폰 １ 🎟"), "µ ✓ 쿠폰 １ 🎟");
}

TEST(Quote, CutsBetweenCharacters) {
  EXPECT_EQ(quote(std::string(63, 'x') + "쿠폰"), '"' + std::string(63, 'x') + "…\"");
  EXPECT_EQ(quote("\"\\\x01"), "\"\\\"\\\\\\x01\"");
}

TEST(InAscii, SpellsOurMarksAndLeavesTheRest) {
  EXPECT_EQ(in_ascii("✓ exact ✗ 5 µs a → b …"), "ok exact x 5 us a -> b ...");
  EXPECT_EQ(in_ascii("쿠폰"), "쿠폰");
}

}  // namespace
}  // namespace couponctl::core
