// Does a server answer, and which version is it? Asked in each server's own protocol.
#include "stack/probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <string_view>

#include "process/file_descriptor.h"

namespace couponctl::stack {
namespace {

using Clock = std::chrono::steady_clock;
using Enough = std::function<bool(std::string_view received)>;

constexpr std::chrono::milliseconds answer_wait_max{300};
constexpr std::size_t answer_bytes_max = 64 * 1024;

bool wait_for(const process::FileDescriptor& socket, short events, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd waited{socket.get(), events, 0};
  return left.count() > 0 && ::poll(&waited, 1, static_cast<int>(left.count())) == 1;
}

process::FileDescriptor connect(const core::HostPort& to, Clock::time_point deadline) {
  process::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(to.port);
  if (::inet_pton(AF_INET, to.host.c_str(), &address.sin_addr) != 1) return {};
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
    return socket;
  if (errno != EINPROGRESS || !wait_for(socket, POLLOUT, deadline)) return {};
  return socket;
}

// Sends the request and returns what came back when it is enough; "" if that does not happen.
std::string exchange(const core::HostPort& address, std::string_view request,
                     const Enough& enough) {
  const auto deadline = Clock::now() + answer_wait_max;
  const auto socket = connect(address, deadline);
  if (!socket) return "";
  const auto sent = ::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(request.size())) return "";
  std::string received;
  while (!enough(received)) {
    char bytes[4096];
    if (received.size() > answer_bytes_max || !wait_for(socket, POLLIN, deadline)) return "";
    const auto count = ::recv(socket.get(), bytes, sizeof bytes, 0);
    if (count <= 0) return "";
    received.append(bytes, static_cast<std::size_t>(count));
  }
  return received;
}

std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
  const auto start = text.find(before);
  if (start == std::string_view::npos) return "";
  text.remove_prefix(start + before.size());
  const auto end = text.find(after);
  return end == std::string_view::npos ? "" : text.substr(0, end);
}

}  // namespace

std::optional<std::string> ask_redis(const core::HostPort& address) {
  // While it loads its data it answers INFO but refuses PING.
  constexpr std::string_view key = "redis_version:";
  const auto answer = exchange(address, "PING\r\nINFO server\r\n", [&](std::string_view received) {
    return !between(received, key, "\r\n").empty();
  });
  if (!answer.starts_with("+PONG\r\n")) return std::nullopt;
  return std::string(between(answer, key, "\r\n"));
}

std::optional<std::string> ask_mysql(const core::HostPort& address) {
  // The greeting: 3 bytes of length, 1 of sequence, 1 of protocol (10), the version, a NUL.
  constexpr std::size_t version_at = 5;
  const auto greeting = exchange(address, "", [](std::string_view received) {
    return received.size() > version_at &&
           received.find('\0', version_at) != std::string_view::npos;
  });
  if (greeting.empty() || greeting[version_at - 1] != 10) return std::nullopt;
  std::string version(greeting.c_str() + version_at);
  // MariaDB says "5.5.5-10.11.19-MariaDB-…", for the sake of old replicas.
  if (version.starts_with("5.5.5-")) version.erase(0, 6);
  return version.substr(0, version.find('-'));
}

bool ask_kafka(const core::HostPort& address) {
  // Metadata, version 1, about no topic. Sooner than the broker has joined, none is listed.
  using namespace std::string_view_literals;
  constexpr auto request =
      "\0\0\0\x0e"          // length
      "\0\x03\0\x01"        // Metadata, version 1
      "\0\0\0\x07\xff\xff"  // correlation 7, no client id
      "\0\0\0\0"sv;         // no topics
  constexpr std::size_t brokers_at = 8;
  const auto answer = exchange(address, request, [](std::string_view received) {
    return received.size() >= brokers_at + 4;
  });
  return !answer.empty() && answer.substr(brokers_at, 4) != "\0\0\0\0"sv;
}

}  // namespace couponctl::stack
