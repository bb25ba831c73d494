// Do the README's translation and the Kafka of compose.yaml say what README and the build say?
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace couponctl {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(std::filesystem::path(COUPONCTL_SOURCE_DIR) / path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// The lines of its ```sh blocks, without their comments: those are prose.
std::vector<std::string> commands_in(const std::string& page) {
  std::vector<std::string> commands;
  std::istringstream lines(page);
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = line == "```sh";
      continue;
    }
    if (const auto comment = line.find(" # "); comment != std::string::npos) line.erase(comment);
    line.erase(line.find_last_not_of(' ') + 1);
    if (inside && !line.empty()) commands.push_back(line);
  }
  return commands;
}

std::string between(const std::string& text, std::string_view before, std::string_view after) {
  const auto begin = text.find(before);
  if (begin == std::string::npos) return "";
  const auto from = begin + before.size();
  return text.substr(from, text.find(after, from) - from);
}

TEST(Readme, TheKoreanOneHasTheCommandsOfTheFirstScreenAndTheRace) {
  const auto english = text_of("README.md");
  const auto end = english.find("\n## The write-ups");
  ASSERT_NE(end, std::string::npos);
  const auto commands = commands_in(english.substr(0, end));
  EXPECT_GT(commands.size(), 10U);
  EXPECT_EQ(commands_in(text_of("README.ko.md")), commands);
}

TEST(Readme, ComposeRunsTheKafkaThatThePrivateStackRuns) {
  const auto fetched = between(text_of("configs/kafka/pom.xml"), "<version>3", "</version>");
  EXPECT_EQ("3" + fetched, between(text_of("configs/compose.yaml"), "image: apache/kafka:", "\n"));
}

}  // namespace
}  // namespace couponctl
