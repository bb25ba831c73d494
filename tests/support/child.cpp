#include "support/child.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace couponctl::test {
namespace {

using Clock = std::chrono::steady_clock;

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::filesystem::path fresh_directory() {
  auto pattern = (std::filesystem::temp_directory_path() / "couponctl-child-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp " + pattern);
  return pattern;
}

}  // namespace

bool eventually(const std::function<bool()>& holds, std::chrono::seconds within) {
  for (const auto deadline = Clock::now() + within; Clock::now() < deadline;) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return holds();
}

Child::Child(process::Words words, const std::string& input) : directory_(fresh_directory()) {
  std::ofstream(directory_ / "in") << input;
  auto environment = process::variables({"PATH", "HOME", "JAVA_HOME"});
  environment.push_back("XDG_RUNTIME_DIR=" + directory_.string());  // no stack of the user's
  child_ = process::Child::spawn({.words = std::move(words),
                                  .environment = std::move(environment),
                                  .input = directory_ / "in",
                                  .output = directory_ / "out",
                                  .error = directory_ / "err"});
}

std::string Child::out() const { return content(directory_ / "out"); }
std::string Child::err() const { return content(directory_ / "err"); }

int Child::wait(std::chrono::seconds within) { return child_.wait(within).value_or(-1); }

Finished couponctl(process::Words words, const std::string& input) {
  words.insert(words.begin(), COUPONCTL_BINARY);
  Child child(std::move(words), input);
  const int code = child.wait();
  return {code, child.out(), child.err()};
}

}  // namespace couponctl::test
