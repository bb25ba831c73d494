#include "process/signals.h"

#include <unistd.h>

#include <string_view>

namespace couponctl::process {
namespace {

void say(std::string_view line) {
  // If stderr is gone there is nobody to tell.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

// nohup's child goes on when its terminal is gone, and a shell's background job when somebody
// presses Ctrl-\. Blocked, such a signal would come to sigwait all the same.
bool is_ignored(int number) {
  struct sigaction action {};
  return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

SignalWatch::SignalWatch(bool quiet) : quiet_(quiet) {
  sigemptyset(&watched_);
  sigaddset(&watched_, SIGINT);
  sigaddset(&watched_, SIGTERM);
  for (const int number : {SIGHUP, SIGQUIT})
    if (!is_ignored(number)) sigaddset(&watched_, number);
  pthread_sigmask(SIG_BLOCK, &watched_, &before_);
  thread_ = std::jthread([this] { watch(); });
}

SignalWatch::~SignalWatch() {
  ending_ = true;
  // Wakes its sigwait: the signal is blocked. NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread)
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void SignalWatch::wait() const { signal_.wait(0); }

core::Exit SignalWatch::exit_code() const {
  const int signal = signal_;
  return signal == 0 ? core::Exit::ok : static_cast<core::Exit>(128 + signal);
}

void SignalWatch::watch() {
  for (;;) {
    int signal = 0;
    sigwait(&watched_, &signal);
    if (ending_) return;
    if (signal_.exchange(signal) != 0) ::_exit(128 + signal);
    signal_.notify_all();
    if (!quiet_) say("couponctl: stopping; a second signal ends it at once\n");
    stop_.request_stop();
  }
}

}  // namespace couponctl::process
