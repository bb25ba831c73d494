// Does docs/failure-matrix.md name each fault once, and only tests that exist?
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace couponctl {
namespace {

constexpr int ids = 50;
constexpr int tested_ids_min = 36;

using Tests = std::set<std::string>;

struct Row {
  int id;
  Tests tests;                      // "Suite.Test"
  std::vector<std::string> drills;  // "fault:name", of the fault driver
};

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<Row> faults_of(const std::string& table) {
  static const std::regex row(R"(\n\| (\d+) \|[^\n]*\| ([^|\n]*) \|(?=\n))");
  static const std::regex test(R"(\b(\w+\.\w+)\b)");
  static const std::regex drill(R"(\bfault:\w+)");
  std::vector<Row> faults;
  for (std::sregex_iterator found(table.begin(), table.end(), row), end; found != end; ++found) {
    const auto named = (*found)[2].str();
    auto& fault = faults.emplace_back(Row{std::stoi((*found)[1]), {}, {}});
    for (std::sregex_iterator one(named.begin(), named.end(), test); one != end; ++one)
      fault.tests.insert((*one)[1]);
    for (std::sregex_iterator one(named.begin(), named.end(), drill); one != end; ++one)
      fault.drills.push_back(one->str());
    EXPECT_NE(fault.tests.empty() && fault.drills.empty(), named != "not yet")
        << fault.id << " names no test: " << named;
  }
  return faults;
}

Tests tests_below(const std::filesystem::path& directory) {
  static const std::regex head(R"(\nTEST(?:_F|_P)?\((\w+),\s*(\w+)\))");
  Tests tests;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (entry.path().extension() != ".cpp") continue;
    const auto text = content(entry.path());
    for (std::sregex_iterator found(text.begin(), text.end(), head), end; found != end; ++found)
      tests.insert((*found)[1].str() + "." + (*found)[2].str());
  }
  return tests;
}

class FailureMatrix : public testing::Test {
 protected:
  const std::filesystem::path root_ = COUPONCTL_SOURCE_DIR;
  const std::vector<Row> faults_ = faults_of(content(root_ / "docs" / "failure-matrix.md"));
};

TEST_F(FailureMatrix, HasEachFaultOnce) {
  std::map<int, int> rows;
  for (const auto& fault : faults_) ++rows[fault.id];
  for (int id = 1; id <= ids; ++id) EXPECT_EQ(rows[id], 1) << id;
  EXPECT_EQ(faults_.size(), static_cast<std::size_t>(ids));
}

TEST_F(FailureMatrix, NamesOnlyTestsThatExistAndAreEnabled) {
  const auto there = tests_below(root_ / "tests");
  ASSERT_TRUE(there.contains("FailureMatrix.HasEachFaultOnce"));
  for (const auto& fault : faults_)
    for (const auto& test : fault.tests) {
      EXPECT_TRUE(there.contains(test)) << fault.id << ": " << test;
      EXPECT_EQ(test.find("DISABLED_"), std::string::npos) << fault.id << ": " << test;
    }
}

TEST_F(FailureMatrix, HasATestForNearlyAll) {
  const auto tested = std::ranges::count_if(
      faults_, [](const auto& fault) { return !fault.tests.empty() || !fault.drills.empty(); });
  EXPECT_GE(tested, tested_ids_min);
}

}  // namespace
}  // namespace couponctl
