// How is a child process started so that it cannot outlive this one, and how is it ended?
#include "stack/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <set>
#include <sstream>
#include <utility>

#include "core/failure.h"
#include "process/file_descriptor.h"
#include "stack/files.h"

namespace couponctl::stack {
namespace {

constexpr std::chrono::seconds pause_within{5};

// Between fork and exec: only async-signal-safe calls, since other threads may hold any lock.
[[noreturn]] void become(char* const* words, const char* directory, int log, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);  // the parent died before prctl could see it
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const int null = ::open("/dev/null", O_RDONLY);
  if (::chdir(directory) != 0 || null < 0) ::_exit(126);
  ::dup2(null, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  ::execv(words[0], words);
  ::_exit(127);
}

// waitpid tells of a stop only once, and a server may be stopped twice.
bool is_stopped(pid_t pid) {
  const auto stat = read_file(fmt::format("/proc/{}/stat", pid));
  const auto name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.compare(name_end, 3, ") T") == 0;
}

std::vector<std::filesystem::path> search_path() {
  std::vector<std::filesystem::path> directories;
  const char* path = std::getenv("PATH");
  std::istringstream stream(path ? path : "");
  for (std::string part; std::getline(stream, part, ':');)
    if (part.starts_with('/')) directories.emplace_back(part);
  for (const auto* part : {"/usr/local/bin", "/usr/bin", "/usr/local/sbin", "/usr/sbin"})
    directories.emplace_back(part);
  return directories;
}

}  // namespace

Child Child::spawn(const Command& command) {
  assert(!command.words.empty());
  std::vector<char*> words;
  for (const auto& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const process::FileDescriptor log(
      ::open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!log)
    throw core::Failure(core::Exit::runtime,
                        fmt::format("{}: {}", command.log.native(), std::strerror(errno)));
  const pid_t parent = ::getpid();
  Child child;
  child.spawned_ = true;
  child.pid_ = ::fork();
  if (child.pid_ == 0) become(words.data(), command.directory.c_str(), log.get(), parent);
  if (child.pid_ < 0) {
    child.pid_ = 0;
    throw core::Failure(core::Exit::runtime, fmt::format("fork: {}", std::strerror(errno)));
  }
  ::setpgid(child.pid_, child.pid_);  // both sides do, so that neither must wait for the other
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      wait_status_(other.wait_status_),
      spawned_(other.spawned_) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(wait_status_, other.wait_status_);
  std::swap(spawned_, other.spawned_);
  return *this;
}

bool Child::running() {
  if (pid_ != 0 && ::waitpid(pid_, &wait_status_, WNOHANG) == pid_) pid_ = 0;
  return pid_ != 0;
}

bool Child::succeeded() const {
  return pid_ == 0 && WIFEXITED(wait_status_) && WEXITSTATUS(wait_status_) == 0;
}

std::string Child::ending() const {
  return WIFSIGNALED(wait_status_) ? fmt::format("signal {}", WTERMSIG(wait_status_))
                                   : fmt::format("exit code {}", WEXITSTATUS(wait_status_));
}

void Child::signal(int number) const {
  if (pid_ != 0) ::kill(-pid_, number);
}

void Child::kill() {
  signal(SIGKILL);
  while (pid_ != 0)
    if (::waitpid(pid_, &wait_status_, 0) == pid_ || errno != EINTR) pid_ = 0;
}

bool Child::pause() {
  signal(SIGSTOP);
  const auto deadline = std::chrono::steady_clock::now() + pause_within;
  while (running() && std::chrono::steady_clock::now() < deadline) {
    if (is_stopped(pid_)) return true;
    ::poll(nullptr, 0, 1);
  }
  return false;
}

std::optional<std::filesystem::path> find_executable(std::string_view name) {
  for (const auto& directory : search_path()) {
    auto candidate = directory / name;
    std::error_code error;
    if (std::filesystem::is_regular_file(candidate, error) &&
        ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return std::nullopt;
}

void require_executables(const std::vector<Executable>& executables) {
  std::vector<std::string> missing;
  std::set<std::string> packages;
  for (const auto& executable : executables) {
    if (find_executable(executable.name)) continue;
    missing.push_back(fmt::format("{} (Debian package {})", executable.name, executable.package));
    packages.insert(executable.package);
  }
  if (missing.empty()) return;
  throw core::Failure(core::Exit::unreachable,
                      fmt::format("not installed: {}", fmt::join(missing, ", ")),
                      fmt::format("sudo apt-get install {}", fmt::join(packages, " ")));
}

}  // namespace couponctl::stack
