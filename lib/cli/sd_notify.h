// Tells systemd how a daemon is doing: sd_notify(3) without its library.
#pragma once

#include <chrono>
#include <string>

namespace couponctl::cli {

// Does nothing where no NOTIFY_SOCKET is set.
class Notify {
 public:
  Notify();

  // One or more lines such as "READY=1" or "STATUS=Reading".
  void send(const std::string& state) const;
  // WATCHDOG=1, twice in each WATCHDOG_USEC: may be called as often as one likes.
  void alive();

 private:
  std::string socket_;  // a path, or "@name" of the abstract kind
  std::chrono::microseconds alive_every_{0};
  std::chrono::steady_clock::time_point alive_due_{};
};

}  // namespace couponctl::cli
