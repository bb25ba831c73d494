#include "process/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/failure.h"
#include "process/executables.h"
#include "process/state.h"

namespace couponctl::process {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto pause_within = 5s;
// After SIGKILL only the kernel's own work is left: a server's memory and files are given back.
constexpr auto reap_within = 60s;
constexpr int lost_status = 255 << 8;  // somebody else has reaped it
constexpr LineRules output_lines{.bytes_max = 1 << 20, .end_ends_line = false};

core::Failure failure(std::string_view thing, int error) {
  return {core::Exit::runtime, fmt::format("{}: {}", thing, std::strerror(error))};
}

struct Ends {
  FileDescriptor reading, writing;
};

Ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw failure("pipe", errno);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

FileDescriptor open_file(const std::filesystem::path& path, int flags) {
  FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!file) throw failure(path.native(), errno);
  return file;
}

// One standard stream: the child's end of it, and ours if it is a pipe.
struct Opened {
  FileDescriptor theirs, ours;
};

Opened open_stream(const Stream& stream, int number) {
  const bool reads = number == STDIN_FILENO;
  if (std::holds_alternative<Pipe>(stream)) {
    auto ends = make_pipe();
    if (reads) return {std::move(ends.reading), std::move(ends.writing)};
    return {std::move(ends.writing), std::move(ends.reading)};
  }
  if (const auto* file = std::get_if<File>(&stream))
    return {open_file(*file, reads ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND), {}};
  if (std::holds_alternative<Inherited>(stream))
    if (FileDescriptor copy(::fcntl(number, F_DUPFD_CLOEXEC, 0)); copy)
      return {std::move(copy), {}};
  return {open_file("/dev/null", reads ? O_RDONLY : O_WRONLY), {}};
}

// They point into the words, which have to stay.
std::vector<char*> pointers(Words&&) = delete;
std::vector<char*> pointers(const Words& words) {
  std::vector<char*> list;
  for (const auto& word : words) list.push_back(const_cast<char*>(word.c_str()));
  list.push_back(nullptr);
  return list;
}

// All that the child needs between fork and exec, where it may not allocate.
struct Start {
  const char* program;
  char* const* words;
  char* const* environment;
  const char* directory;
  std::array<int, 3> streams;
  std::array<int, 2> passed;
  int report;  // takes errno if there is no exec
  bool outlives_thread;
  pid_t parent;
};

[[noreturn]] void give_up(int report) {
  const int error = errno;
  static_cast<void>(!::write(report, &error, sizeof error));
  ::_exit(127);
}

// Gives every descriptor its number and closes all others; the new number of `report`.
int arrange_descriptors(const Start& start) {
  constexpr int above_all_places = passed_as + 3;
  std::array<int, 6> from{start.streams[0], start.streams[1], start.streams[2],
                          start.passed[0],  start.passed[1],  start.report};
  // First out of the way: one of them may have the number that another one is to get.
  for (int& number : from) {
    if (number < 0) continue;
    number = ::fcntl(number, F_DUPFD_CLOEXEC, above_all_places);
    if (number < 0) give_up(start.report);
  }
  for (int number = 0; number < 3; ++number) ::dup2(from[static_cast<std::size_t>(number)], number);
  int next = passed_as;
  for (const std::size_t passed : {3U, 4U})
    if (from[passed] >= 0) ::dup2(from[passed], next++);
  ::dup3(from[5], next, O_CLOEXEC);
  ::close_range(static_cast<unsigned>(next) + 1, ~0U, 0);
  return next;
}

// Signals are blocked until here: a handler of ours must not run in the child. Where SIGXFSZ is
// ignored, a limit on files is to be an error of writes, as a full disk is, also for what we start.
void reset_signals() {
  for (int number = 1; number < NSIG; ++number)
    if (number != SIGXFSZ) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Between fork and exec: only async-signal-safe calls, since other threads may hold any lock.
[[noreturn]] void become(const Start& start) {
  ::setsid();
  if (!start.outlives_thread) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != start.parent) ::_exit(127);  // it died before prctl could see it
  }
  const int report = arrange_descriptors(start);
  if (*start.directory != '\0' && ::chdir(start.directory) != 0) give_up(report);
  reset_signals();
  ::execve(start.program, start.words, start.environment);
  give_up(report);
}

pid_t fork_with_signals_blocked(const Start& start) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) become(start);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) throw failure("fork", error);
  return pid;
}

// 0 once the program runs, else what kept it from that.
int read_report(const FileDescriptor& report) {
  int error = 0;
  ssize_t size = 0;
  while ((size = ::read(report.get(), &error, sizeof error)) < 0 && errno == EINTR) continue;
  return size == sizeof error ? error : 0;
}

std::filesystem::path program_of(const std::string& word) {
  if (word.find('/') != std::string::npos) return word;
  if (auto found = find_executable(word)) return *std::move(found);
  throw failure(word, ENOENT);
}

}  // namespace

Words variables(std::initializer_list<const char*> names) {
  Words found;
  for (const auto* name : names)
    if (const char* value = std::getenv(name)) found.push_back(fmt::format("{}={}", name, value));
  return found;
}

Child Child::spawn(const Command& command) {
  assert(!command.words.empty());
  const auto program = program_of(command.words.front());
  auto words = pointers(command.words);
  if (!command.name.empty()) words.front() = const_cast<char*>(command.name.c_str());
  const auto environment =
      command.environment ? pointers(*command.environment) : std::vector<char*>();
  auto input = open_stream(command.input, STDIN_FILENO);
  auto output = open_stream(command.output, STDOUT_FILENO);
  auto error = open_stream(command.error, STDERR_FILENO);
  auto report = make_pipe();
  Child child;
  child.pid_ = fork_with_signals_blocked(
      {.program = program.c_str(),
       .words = words.data(),
       .environment = command.environment ? environment.data() : environ,
       .directory = command.directory.c_str(),
       .streams = {input.theirs.get(), output.theirs.get(), error.theirs.get()},
       .passed = command.passed,
       .report = report.writing.get(),
       .outlives_thread = command.outlives_thread,
       .parent = ::getpid()});
  child.spawned_ = true;
  child.input_ = std::move(input.ours);
  const auto read = [](FileDescriptor& from) {
    LineReader lines = from ? LineReader(from.get(), output_lines) : LineReader();
    return Output{std::move(from), std::move(lines)};
  };
  child.output_ = read(output.ours);
  child.error_ = read(error.ours);
  report.writing = {};
  if (const int why = read_report(report.reading); why != 0) throw failure(program.native(), why);
  return child;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      wait_status_(other.wait_status_),
      spawned_(std::exchange(other.spawned_, false)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      error_(std::move(other.error_)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(wait_status_, other.wait_status_);
  std::swap(spawned_, other.spawned_);
  std::swap(input_, other.input_);
  std::swap(output_, other.output_);
  std::swap(error_, other.error_);
  return *this;
}

bool Child::running() {
  if (pid_ == 0) return false;
  const pid_t ended = ::waitpid(pid_, &wait_status_, WNOHANG);
  if (ended < 0 && errno == ECHILD) wait_status_ = lost_status;
  if (ended == pid_ || (ended < 0 && errno == ECHILD)) pid_ = 0;
  return pid_ != 0;
}

std::optional<int> Child::wait(std::chrono::milliseconds within) {
  assert(spawned_);
  for (const auto deadline = Clock::now() + within; running() && Clock::now() < deadline;)
    await_end(deadline);
  if (pid_ != 0) return std::nullopt;
  return WIFEXITED(wait_status_) ? WEXITSTATUS(wait_status_) : 128 + WTERMSIG(wait_status_);
}

void Child::await_end(Clock::time_point deadline) const {
  const FileDescriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  if (!process) left = std::min(left, 10ms);
  pollfd waited{process.get(), POLLIN, 0};
  ::poll(&waited, 1, static_cast<int>(std::max(left, 0ms).count()));
}

bool Child::succeeded() const {
  return spawned_ && pid_ == 0 && WIFEXITED(wait_status_) && WEXITSTATUS(wait_status_) == 0;
}

std::string Child::ending() const {
  return WIFSIGNALED(wait_status_) ? fmt::format("signal {}", WTERMSIG(wait_status_))
                                   : fmt::format("exit code {}", WEXITSTATUS(wait_status_));
}

bool Child::signal(int number) const { return pid_ != 0 && ::kill(-pid_, number) == 0; }

void Child::kill() {
  if (!running()) return;
  signal(SIGKILL);
  wait(reap_within);
  pid_ = 0;
}

bool Child::pause() {
  signal(SIGSTOP);
  for (const auto deadline = Clock::now() + pause_within; running() && Clock::now() < deadline;) {
    if (stopped()) return true;
    ::poll(nullptr, 0, 1);
  }
  return false;
}

bool Child::stopped() const { return pid_ != 0 && is_stopped(pid_); }

bool Child::write(std::string_view text) const {
  while (!text.empty()) {
    const auto written = ::write(input_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace couponctl::process
