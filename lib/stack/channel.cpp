// How do owner and supervisor talk? In lines over a Unix socket: a request is a line of words
// ("kill redis"), an answer is a line of JSON, after any number of progress lines.
#include "stack/channel.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "core/failure.h"

namespace couponctl::stack {
namespace {

constexpr int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
constexpr std::size_t line_bytes_max = 64 * 1024;
constexpr int backlog = 16;

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  assert(path.native().size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  return address;
}

core::Failure failure(std::string_view what) {
  return {core::Exit::runtime, fmt::format("{}: {}", what, std::strerror(errno))};
}

}  // namespace

std::pair<Channel, Channel> Channel::pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, type, 0, ends.data()) != 0) throw failure("socketpair");
  return {Channel(process::FileDescriptor(ends[0])), Channel(process::FileDescriptor(ends[1]))};
}

void Channel::shut_down() { ::shutdown(fd(), SHUT_RDWR); }

void Channel::send(std::string_view line) {
  const auto text = fmt::format("{}\n", line);
  const auto sent = ::send(fd(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != static_cast<ssize_t>(text.size())) closed_ = true;
}

std::optional<std::string> Channel::next_line() {
  for (;;) {
    if (const auto end = received_.find('\n'); end != std::string::npos) {
      auto line = received_.substr(0, end);
      received_.erase(0, end + 1);
      return line;
    }
    if (closed_) return std::nullopt;
    char bytes[4096];
    const auto count = ::recv(fd(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return std::nullopt;
    if (count <= 0 || received_.size() > line_bytes_max) closed_ = true;
    if (count > 0) received_.append(bytes, static_cast<std::size_t>(count));
  }
}

std::optional<std::string> Channel::next_line(std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    if (auto line = next_line(); line || closed_) return line;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return std::nullopt;
    pollfd waited{fd(), POLLIN, 0};
    ::poll(&waited, 1, static_cast<int>(left.count()));
  }
}

process::FileDescriptor listen_on(const std::filesystem::path& path) {
  process::FileDescriptor listener(::socket(AF_UNIX, type, 0));
  const auto address = address_of(path);
  if (!listener ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), backlog) != 0)
    throw failure(path.native());
  return listener;
}

std::optional<Channel> accept_from(const process::FileDescriptor& listener) {
  process::FileDescriptor client(
      ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  return client ? std::optional<Channel>(std::move(client)) : std::nullopt;
}

std::optional<Channel> connect_to(const std::filesystem::path& path) {
  process::FileDescriptor socket(::socket(AF_UNIX, type, 0));
  if (!socket) throw failure(path.native());
  const auto address = address_of(path);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return Channel(std::move(socket));
  if (errno == ENOENT || errno == ENOTDIR || errno == ECONNREFUSED || errno == EAGAIN)
    return std::nullopt;
  throw failure(path.native());
}

}  // namespace couponctl::stack
