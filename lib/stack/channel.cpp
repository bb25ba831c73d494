// How do owner and supervisor talk? In lines over a Unix socket: a request is a line of words
// ("kill redis"), an answer is a line of JSON, after any number of progress lines.
#include "stack/channel.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/failure.h"

namespace couponctl::stack {
namespace {

constexpr int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
constexpr process::LineRules lines{.bytes_max = 64 * 1024, .end_ends_line = false};
constexpr int backlog = 16;

// nullopt: the path is too long for a socket.
std::optional<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  return address;
}

core::Failure failure(std::string_view what) {
  return {core::Exit::runtime, fmt::format("{}: {}", what, std::strerror(errno))};
}

}  // namespace

Channel::Channel(process::FileDescriptor socket)
    : socket_(std::move(socket)), received_(socket_.get(), lines) {}

std::pair<Channel, Channel> Channel::pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, type, 0, ends.data()) != 0) throw failure("socketpair");
  return {Channel(process::FileDescriptor(ends[0])), Channel(process::FileDescriptor(ends[1]))};
}

void Channel::shut_down() const { ::shutdown(fd(), SHUT_RDWR); }

void Channel::send(std::string_view line) {
  const auto text = fmt::format("{}\n", line);
  const auto sent = ::send(fd(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent != static_cast<ssize_t>(text.size())) closed_ = true;
}

std::optional<std::string> Channel::next_line(std::chrono::milliseconds wait) {
  const auto line = closed_ ? std::nullopt : received_.next(wait);
  closed_ = closed_ || (line ? line->too_long : !received_.open());
  if (!line || closed_) return std::nullopt;
  return std::string(line->text);
}

process::FileDescriptor listen_on(const std::filesystem::path& path) {
  const auto address = address_of(path);
  if (!address)
    throw core::Failure(core::Exit::usage, fmt::format("{}: too long for a socket", path.native()),
                        "Name a directory with a shorter path");
  process::FileDescriptor listener(::socket(AF_UNIX, type, 0));
  if (!listener ||
      ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
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
  const auto address = address_of(path);
  if (!address) return std::nullopt;  // so nobody listens there
  process::FileDescriptor socket(::socket(AF_UNIX, type, 0));
  if (!socket) throw failure(path.native());
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0)
    return Channel(std::move(socket));
  if (errno == ENOENT || errno == ENOTDIR || errno == ECONNREFUSED || errno == EAGAIN)
    return std::nullopt;
  throw failure(path.native());
}

}  // namespace couponctl::stack
