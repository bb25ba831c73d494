// Do the sources and the build agree on which files have kill points?
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace couponctl::core {
namespace {

std::string content(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(FaultPoints, EveryFileWithAKillPointIsCompiledWithItForTheFaultDriver) {
  const std::filesystem::path root = COUPONCTL_SOURCE_DIR;
  const auto build = content(root / "CMakeLists.txt");
  const auto begin = build.find("set(fault_sites");
  const auto list = build.substr(begin, build.find(')', begin) - begin);
  int sites = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "lib")) {
    if (entry.path().extension() != ".cpp") continue;
    if (content(entry.path()).find("\"core/fault_points.h\"") == std::string::npos) continue;
    auto name = entry.path().lexically_relative(root / "lib").replace_extension().string();
    EXPECT_NE(list.find(name), std::string::npos) << name << " is missing in fault_sites";
    ++sites;
  }
  EXPECT_EQ(std::ranges::count(list, '/'), sites);
}

}  // namespace
}  // namespace couponctl::core
