#include "cli/sd_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "core/parse.h"

namespace couponctl::cli {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

Notify::Notify() : socket_(variable("NOTIFY_SOCKET")) {
  const auto pid = variable("WATCHDOG_PID");
  const auto limit =
      core::parse_integer(variable("WATCHDOG_USEC"), 1, std::numeric_limits<std::int64_t>::max());
  if (limit && (pid.empty() || pid == std::to_string(::getpid())))
    alive_every_ = std::chrono::microseconds(*limit / 2);
}

void Notify::send(const std::string& state) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  // If systemd does not listen there is nobody to tell.
  ::sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address), size);
  ::close(descriptor);
}

void Notify::alive() {
  const auto now = std::chrono::steady_clock::now();
  if (alive_every_.count() == 0 || now < alive_due_) return;
  alive_due_ = now + alive_every_;
  send("WATCHDOG=1");
}

}  // namespace couponctl::cli
