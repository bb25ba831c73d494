#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "unit/source_files.h"

namespace couponctl {
namespace {

// A folder may include those of a lower rank and itself; stack, beside them, is special.
const std::map<std::string, int> ranks = {
    {"core", 0},  {"process", 0}, {"redis", 1},      {"kafka", 1},  {"mysql", 1},
    {"http", 1},  {"stack", 1},   {"servers", 2},    {"ledger", 3}, {"issuance", 4},
    {"admin", 5}, {"audit", 5},   {"strategies", 6}, {"load", 6},   {"faults", 6},
    {"race", 7},  {"report", 8},  {"cli", 8},        {"cmd", 9},
};

using Arrow = std::pair<std::string, std::string>;

// Between two of one rank an arrow goes one way, and only where the design needs it.
const std::set<Arrow> beside = {
    {"process", "core"},     // a signal's exit code
    {"audit", "admin"},      // it tries itself on campaigns that it opens
    {"strategies", "load"},  // a design is something that can be loaded
    {"cli", "report"},       // results are printed as tables
};

bool allowed(const std::string& from, const std::string& to) {
  if (from == to) return true;
  if (!ranks.contains(from) || !ranks.contains(to)) return false;
  if (to == "stack") return from == "faults" || from == "cmd";
  return ranks.at(to) < ranks.at(from) || beside.contains({from, to});
}

// lib/redis/client.h → redis; cmd/couponctl/main.cpp, included as couponctl/…, → cmd.
std::string folder_of(const std::string& path) {
  if (path.starts_with("couponctl/")) return "cmd";
  const auto inside = path.starts_with("lib/") ? path.substr(4) : path;
  return inside.substr(0, inside.find('/'));
}

// Every `#include "folder/…"` of `text` that the folder of `path` must not have, as
// "core/parse.h → redis/client.h".
std::vector<std::string> forbidden_includes(const std::string& path, const std::string& text) {
  // What the build embeds belongs to the folder of the file that was embedded.
  static const std::regex include(
      R"re(^[ \t]*#[ \t]*include[ \t]*(?:"(?:embedded/lib/)?|<embedded/lib/)([^">]+)[">])re",
      std::regex::multiline);
  std::vector<std::string> forbidden;
  for (std::sregex_iterator found(text.begin(), text.end(), include), end; found != end; ++found) {
    const auto target = (*found)[1].str();
    const bool own = target.find('/') == std::string::npos;
    if (own || target.starts_with("embedded/")) continue;
    if (!allowed(folder_of(path), folder_of(target))) forbidden.push_back(path + " → " + target);
  }
  return forbidden;
}

TEST(IncludeDirection, NoArrowPointsBack) {
  const auto files = test::source_files();
  ASSERT_GT(files.size(), 10U);
  for (const auto& [path, text] : files)
    for (const auto& arrow : forbidden_includes(path, text)) ADD_FAILURE() << arrow;
}

TEST(IncludeDirection, EveryFolderHasARank) {
  for (const auto& file : test::source_files())
    EXPECT_TRUE(ranks.contains(folder_of(file.path))) << file.path;
}

TEST(IncludeDirection, FindsAPlantedBackArrow) {
  const std::string text =
      "// Why.\n#include <vector>\n#include \"core/result.h\"\n"
      "  #  include \"issuance/relay.h\"\n// #include \"cmd/x.h\"\n";
  EXPECT_EQ(forbidden_includes("lib/ledger/coupons.cpp", text),
            std::vector<std::string>{"lib/ledger/coupons.cpp → issuance/relay.h"});
  EXPECT_TRUE(forbidden_includes("lib/strategies/pipeline.cpp", text).empty());
}

TEST(IncludeDirection, FindsABackArrowToAnEmbeddedFile) {
  const std::string text = "#include <embedded/lib/issuance/admit.lua.h>\n";
  EXPECT_EQ(forbidden_includes("lib/ledger/coupons.cpp", text).size(), 1U);
  EXPECT_TRUE(forbidden_includes("lib/issuance/admission.cpp", text).empty());
  EXPECT_TRUE(
      forbidden_includes("cmd/couponctl/config.cpp", "#include \"embedded/configs/c.toml.h\"\n")
          .empty());
}

TEST(IncludeDirection, ClientsDoNotKnowEachOther) {
  EXPECT_FALSE(allowed("redis", "kafka"));
  EXPECT_FALSE(allowed("mysql", "redis"));
  EXPECT_TRUE(allowed("redis", "redis"));
  EXPECT_TRUE(allowed("ledger", "mysql"));
}

TEST(IncludeDirection, ArrowsWithinARankGoOneWay) {
  for (const auto& [from, to] : beside) {
    EXPECT_EQ(ranks.at(from), ranks.at(to)) << from << " → " << to;
    EXPECT_FALSE(beside.contains({to, from})) << from << " → " << to;
  }
  EXPECT_TRUE(allowed("cli", "report"));
  EXPECT_FALSE(allowed("report", "cli"));
}

TEST(IncludeDirection, StackStandsBeside) {
  EXPECT_TRUE(allowed("stack", "core"));
  EXPECT_TRUE(allowed("stack", "process"));
  EXPECT_FALSE(allowed("stack", "redis"));
  EXPECT_TRUE(allowed("cmd", "stack"));
  for (const auto* folder : {"core", "redis", "servers", "ledger", "issuance", "admin", "audit",
                             "strategies", "load", "race", "report", "cli"})
    EXPECT_FALSE(allowed(folder, "stack")) << folder;
}

TEST(IncludeDirection, AnUnknownFolderIsRefused) {
  EXPECT_FALSE(allowed("utilities", "core"));
  EXPECT_FALSE(allowed("cmd", "utilities"));
}

}  // namespace
}  // namespace couponctl
