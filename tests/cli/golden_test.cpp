// Runs the transcripts beside this file and compares what couponctl printed and how it ended.
//
// A line `$ COMMAND` runs in the transcript's own empty directory through /bin/sh with a clean
// environment and must give the lines that follow it: `> ` stdout, `! ` stderr, `= ` exit code.
// A line `% COMMAND` only prepares. Everything else is prose. ACCEPT=1 writes down what came.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/connection.h"
#include "support/temporary_directory.h"

namespace couponctl {
namespace {

namespace fs = std::filesystem;

const fs::path transcripts = COUPONCTL_SOURCE_DIR "/tests/cli";

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string prefixed(const std::string& text, const std::string& prefix) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);)
    out += line.empty() ? prefix + "\n" : prefix + " " + line + "\n";
  if (!text.empty() && !text.ends_with('\n')) out += "\\ no newline at the end\n";
  return out;
}

// What the database's client library says where nobody listens: in its own words, which commands
// pass on as they are, and which transcripts have from MariaDB's.
constexpr std::string_view refused = "Can't connect to server on '127.0.0.1' (error 2002)";

std::string refused_here() {
  const mysql::Address nobody{.port = 1};
  const auto connected = mysql::Connection::connect(nobody);
  EXPECT_FALSE(connected);
  const auto place = "mysql " + nobody.where() + ": ";
  const auto& text = connected.error().text;
  EXPECT_TRUE(text.starts_with(place)) << text;
  return text.substr(place.size());
}

std::string in_the_words_of_transcripts(std::string text) {
  static const auto here = refused_here();
  for (auto at = text.find(here); at != std::string::npos;
       at = text.find(here, at + refused.size()))
    text.replace(at, here.size(), refused);
  return text;
}

class Transcript {
 public:
  explicit Transcript(const fs::path& path) : text_(read(path)) {
    fs::create_directory(root_ / "work");
  }

  const std::string& text() const { return text_; }

  // The transcript as it should be, by what the commands do.
  std::string replay() {
    std::istringstream lines(text_);
    std::string out;
    bool after_command = false;
    for (std::string line; std::getline(lines, line);) {
      const bool expectation = line.starts_with("> ") || line.starts_with("! ") ||
                               line.starts_with("= ") || line == ">" || line == "!" ||
                               line.starts_with("\\ ");
      if (after_command && expectation) continue;
      out += line + "\n";
      after_command = line.starts_with("$ ");
      if (line.starts_with("% ")) {
        EXPECT_EQ(run(line.substr(2)), 0) << line << read(root_ / "err");
      }
      if (!after_command) continue;
      const int code = run(line.substr(2));
      out += prefixed(in_the_words_of_transcripts(read(root_ / "out")), ">") +
             prefixed(in_the_words_of_transcripts(read(root_ / "err")), "!") +
             fmt::format("= {}\n", code);
    }
    return out;
  }

 private:
  int run(const std::string& command) {
    std::ofstream(root_ / "command") << "umask 022\n" << command << "\n";
    const auto line = fmt::format(
        "cd '{0}/work' && exec env -i PATH='{1}':/usr/bin:/bin HOME='{0}' XDG_RUNTIME_DIR='{0}' "
        "LC_ALL=C.UTF-8 "
        "SOURCE='{2}' "
        "sh '{0}/command' >'{0}/out' 2>'{0}/err' </dev/null",
        root_.string(), fs::path(COUPONCTL_BINARY).parent_path().string(), COUPONCTL_SOURCE_DIR);
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::string text_;
  test::TemporaryDirectory made_;
  fs::path root_ = made_.path();
};

std::vector<std::string> transcript_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(transcripts))
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem());
  std::ranges::sort(names);
  return names;
}

class GoldenTest : public testing::TestWithParam<std::string> {};

TEST_P(GoldenTest, PrintsWhatTheTranscriptSays) {
  const auto path = transcripts / (GetParam() + ".txt");
  Transcript transcript(path);
  const auto replayed = transcript.replay();
  if (std::getenv("ACCEPT") != nullptr && replayed != transcript.text())
    std::ofstream(path) << replayed;
  else
    EXPECT_EQ(replayed, transcript.text()) << "ACCEPT=1 accepts it";
}

INSTANTIATE_TEST_SUITE_P(Cli, GoldenTest, testing::ValuesIn(transcript_names()),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace couponctl
