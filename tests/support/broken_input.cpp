#include "support/broken_input.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <utility>

namespace couponctl::test {

using process::FileDescriptor;

BrokenInput::BrokenInput(std::string bytes)
    : bytes_(std::move(bytes)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), raw, size) == 0 && ::listen(listener_.get(), 1) == 0 &&
      ::getsockname(listener_.get(), raw, &size) == 0)
    port_ = ntohs(address.sin_port);
}

bool BrokenInput::accept() {
  constexpr int wait_ms = 20'000;
  pollfd waited{listener_.get(), POLLIN, 0};
  if (::poll(&waited, 1, wait_ms) != 1) return false;
  connection_ = FileDescriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  return ::send(connection_.get(), bytes_.data(), bytes_.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes_.size());
}

void BrokenInput::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(connection_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  FileDescriptor(std::move(connection_));
}

}  // namespace couponctl::test
