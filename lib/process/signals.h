// Turns SIGINT, SIGTERM, SIGHUP and SIGQUIT into a polite stop; the second one ends the process at
// once.
#pragma once

#include <atomic>
#include <csignal>
#include <stop_token>
#include <thread>

#include "core/failure.h"

namespace couponctl::process {

// Create it before any other thread: those inherit that the signals are blocked, so none of
// their system calls is interrupted. A child process inherits the mask too: whoever starts one
// unblocks the signals in it.
class SignalWatch {
 public:
  // `quiet`: stderr is not told of the first one.
  explicit SignalWatch(bool quiet = false);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  std::stop_token stop_token() const { return stop_.get_token(); }
  void wait() const;  // until the first signal
  // 129, 130, 131 or 143 after a signal, else ok.
  core::Exit exit_code() const;

 private:
  void watch();

  const bool quiet_;
  sigset_t watched_{};
  sigset_t before_{};
  std::stop_source stop_;
  std::atomic<int> signal_ = 0;
  std::atomic<bool> ending_ = false;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace couponctl::process
