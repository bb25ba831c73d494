#include "fault/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace couponctl::fault {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

struct Pipe {
  process::FileDescriptor reading, writing;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  return {process::FileDescriptor(ends[0]), process::FileDescriptor(ends[1])};
}

// Between fork and exec: only async-signal-safe calls, since other threads may hold any lock.
[[noreturn]] void become(char* const* words, char* const* environment, int in, int out, int log,
                         pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execve(words[0], words, environment);
  ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

Process::Process(const Program& program) {
  auto words = program.words;
  std::vector<std::string> environment;
  for (const auto* name : {"PATH", "HOME"})
    if (const char* value = std::getenv(name))
      environment.push_back(std::string(name) + "=" + value);
  for (const auto& [name, value] : program.environment) environment.push_back(name + "=" + value);
  auto word_list = pointers(words);
  auto environment_list = pointers(environment);
  const process::FileDescriptor log(
      ::open(program.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const process::FileDescriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!log || !null) throw std::runtime_error("cannot open " + program.log.native());
  Pipe in, out;
  if (program.pipes) in = make_pipe(), out = make_pipe();
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0)
    become(word_list.data(), environment_list.data(), program.pipes ? in.reading.get() : null.get(),
           program.pipes ? out.writing.get() : log.get(), log.get(), parent);
  input_ = std::move(in.writing);
  output_ = std::move(out.reading);
}

Process::~Process() {
  if (!code_) {
    ::kill(pid_, SIGKILL);
    while (!wait(1s)) continue;
  }
}

bool Process::signal(int number) const { return !code_ && ::kill(pid_, number) == 0; }

std::optional<int> Process::wait(std::chrono::milliseconds within) {
  for (const auto deadline = Clock::now() + within; !code_;) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_)
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    else if (Clock::now() >= deadline)
      break;
    else
      ::poll(nullptr, 0, 2);
  }
  return code_;
}

bool Process::is_stopped() const {
  std::ostringstream stat;
  stat << std::ifstream("/proc/" + std::to_string(pid_) + "/stat").rdbuf();
  const auto name_end = stat.str().rfind(')');
  return name_end != std::string::npos && stat.str().compare(name_end, 3, ") T") == 0;
}

bool Process::write(std::string_view text) const {
  while (!text.empty()) {
    const auto written = ::write(input_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::optional<std::string> Process::read_line(std::chrono::milliseconds within) {
  for (const auto deadline = Clock::now() + within;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      auto line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (at_end_ || left <= 0ms) return std::nullopt;
    pollfd readable{output_.get(), POLLIN, 0};
    if (::poll(&readable, 1, static_cast<int>(left.count())) <= 0) continue;
    char bytes[4096];
    const auto count = ::read(output_.get(), bytes, sizeof bytes);
    if (count > 0) buffer_.append(bytes, static_cast<std::size_t>(count));
    at_end_ = count == 0 || (count < 0 && errno != EINTR);
  }
}

}  // namespace couponctl::fault
