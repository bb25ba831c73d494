#include "support/child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

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

std::vector<std::string> clean_environment() {
  std::vector<std::string> variables;
  for (const auto* name : {"PATH", "HOME", "JAVA_HOME"})
    if (const char* value = std::getenv(name)) variables.push_back(std::string(name) + "=" + value);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

bool eventually(const std::function<bool()>& holds, std::chrono::seconds within) {
  for (const auto deadline = Clock::now() + within; Clock::now() < deadline;) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return holds();
}

bool is_gone(pid_t pid) {
  const auto stat = content("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = stat.rfind(')');
  return name_end == std::string::npos || stat.substr(name_end + 2, 1) == "Z";
}

Child::Child(std::vector<std::string> words, const std::string& input) {
  auto pattern = (std::filesystem::temp_directory_path() / "couponctl-child-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp " + pattern);
  directory_ = pattern;
  std::ofstream(directory_ / "in") << input;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  const auto redirect = [&](int descriptor, const char* name, int flags) {
    posix_spawn_file_actions_addopen(&files, descriptor, (directory_ / name).c_str(), flags, 0600);
  };
  redirect(STDIN_FILENO, "in", O_RDONLY);
  redirect(STDOUT_FILENO, "out", O_WRONLY | O_CREAT);
  redirect(STDERR_FILENO, "err", O_WRONLY | O_CREAT);
  auto environment = clean_environment();
  const int failed = ::posix_spawnp(&pid_, words.front().c_str(), &files, nullptr,
                                    pointers(words).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) throw std::runtime_error("cannot run " + words.front());
}

Child::~Child() {
  if (code_ < 0) {
    signal(SIGKILL);
    wait();
  }
  std::filesystem::remove_all(directory_);
}

std::string Child::out() const { return content(directory_ / "out"); }
std::string Child::err() const { return content(directory_ / "err"); }
void Child::signal(int number) const { ::kill(pid_, number); }

int Child::wait(std::chrono::seconds within) {
  int status = 0;
  if (code_ < 0 && eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, within))
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return code_;
}

Finished couponctl(std::vector<std::string> words, const std::string& input) {
  words.insert(words.begin(), COUPONCTL_BINARY);
  Child child(std::move(words), input);
  const int code = child.wait();
  return {code, child.out(), child.err()};
}

}  // namespace couponctl::test
