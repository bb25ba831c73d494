#include <gtest/gtest.h>

#include <sstream>

#include "report/units.h"
#include "unit/source_files.h"

namespace couponctl {
namespace {

constexpr int width_columns_max = 100;

// A file's first line says which question it answers. A .cpp with a header of its own may leave
// that to the header and start with its include.
bool says_its_question(const std::string& path, const std::string& text) {
  if (text.starts_with("// ") && text.find_first_not_of("/ \n") != std::string::npos) return true;
  if (!path.ends_with(".cpp")) return false;  // lib/ and cmd/ are both what includes start from
  const auto header = path.substr(4, path.size() - 8) + ".h";
  return text.starts_with("#include \"" + header + "\"\n");
}

// The numbers of the lines that are too wide; an address cannot be broken, so it may stand out.
std::vector<int> wide_lines(const std::string& text) {
  std::vector<int> wide;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number)
    if (report::width_columns(line) > width_columns_max && line.find("://") == std::string::npos)
      wide.push_back(number);
  return wide;
}

TEST(Style, EveryFileSaysItsQuestionFirst) {
  const auto files = test::source_files();
  ASSERT_GT(files.size(), 10U);
  for (const auto& [path, text] : files) EXPECT_TRUE(says_its_question(path, text)) << path;
}

TEST(Style, NoLineIsWiderThan100Columns) {
  for (const auto& [path, text] : test::source_files())
    for (const int line : wide_lines(text)) ADD_FAILURE() << path << ":" << line;
}

TEST(Style, EveryHeaderIsGuarded) {
  for (const auto& [path, text] : test::source_files()) {
    if (path.ends_with(".h")) {
      EXPECT_NE(text.find("\n#pragma once\n"), std::string::npos) << path;
    }
  }
}

TEST(Style, FindsAFileThatDoesNotSayItsQuestion) {
  EXPECT_TRUE(says_its_question("lib/load/pacer.h", "// Decides when.\n#pragma once\n"));
  EXPECT_FALSE(says_its_question("lib/load/pacer.h", "#pragma once\n"));
  EXPECT_FALSE(says_its_question("lib/load/pacer.h", "#include \"load/pacer.h\"\n"));
  EXPECT_TRUE(says_its_question("lib/load/pacer.cpp", "#include \"load/pacer.h\"\n"));
  EXPECT_FALSE(says_its_question("lib/load/pacer.cpp", "#include \"load/gate.h\"\n"));
  EXPECT_FALSE(says_its_question("cmd/couponctl/main.cpp", "#include <cstdio>\n"));
  EXPECT_FALSE(says_its_question("lib/load/pacer.h", "// \n"));
}

TEST(Style, FindsAWideLine) {
  const std::string full(100, 'x');
  EXPECT_EQ(wide_lines(full + "\n" + full + "x\nshort\n"), std::vector<int>{2});
  EXPECT_TRUE(wide_lines("// https://" + full).empty());
}

}  // namespace
}  // namespace couponctl
