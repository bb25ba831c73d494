// Do the sources, the build and the patches agree on where kill points and planted bugs are?
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "fault/planted.h"
#include "unit/source_files.h"

namespace couponctl::fault {
namespace {

const std::filesystem::path root = COUPONCTL_SOURCE_DIR;

std::string content(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// By the name of their bug.
std::map<std::string, std::string> patches() {
  std::map<std::string, std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(root / "tests/fault/planted"))
    if (entry.path().extension() == ".patch")
      found[entry.path().stem().native()] = content(entry.path());
  return found;
}

// All that the first group matches.
std::set<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern, std::regex::multiline);
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match)
    found.insert((*match)[1].str());
  return found;
}

TEST(FaultPoints, EveryFileWithAKillPointOrABugIsCompiledWithItForTheFaultDriver) {
  const auto build = content(root / "CMakeLists.txt");
  const auto begin = build.find("set(fault_sites");
  const auto list = build.substr(begin, build.find(')', begin) - begin);
  std::set<std::string> sites;
  for (const auto& [path, text] : test::source_files())
    if (path.ends_with(".cpp") && text.find("\"core/fault_points.h\"") != std::string::npos)
      sites.insert(path.substr(4, path.size() - 8));
  for (const auto& [bug, patch] : patches())
    sites.merge(matches(patch, R"(^\+\+\+ b/lib/(.*)\.cpp$)"));
  EXPECT_EQ(matches(list, R"(([a-z_]+/[a-z_]+))"), sites);
}

TEST(FaultPoints, TheProductDoesNotKnowTheBugsThatItIsWithout) {
  for (const auto& [path, text] : test::source_files()) {
    EXPECT_EQ(text.find("planted("), std::string::npos) << path;
    EXPECT_EQ(text.find("COUPONCTL_PLANTED"), std::string::npos) << path;
  }
}

TEST(FaultPoints, EveryBugOfTheDriverHasAPatchThatSwitchesItAlone) {
  const auto all = patches();
  EXPECT_EQ(planted_bugs().size(), 8U);
  for (const auto& bug : planted_bugs())
    EXPECT_TRUE(all.contains(std::string(bug.name))) << bug.name;
  for (const auto& [bug, patch] : all)
    EXPECT_EQ(matches(patch, R"re(fault::planted\("([a-z_]+)"\))re"), std::set{bug});
}

// By the driver, or by a live test.
TEST(FaultPoints, EveryPatchIsUsed) {
  std::string tests;
  for (const auto& entry : std::filesystem::directory_iterator(root / "tests/live"))
    tests += content(entry.path());
  auto used = matches(tests, "PLANTED=([a-z_]+)");
  for (const auto& bug : planted_bugs()) used.emplace(bug.name);
  for (const auto& [bug, patch] : patches()) EXPECT_TRUE(used.contains(bug)) << bug;
}

}  // namespace
}  // namespace couponctl::fault
