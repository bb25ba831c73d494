// Which port may a private server take, and which process listens on it?
#include "stack/ports.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <random>
#include <sstream>
#include <string>

#include "core/failure.h"
#include "process/file_descriptor.h"
#include "process/read.h"

namespace couponctl::stack {
namespace {

constexpr int port_min = 10000, port_max = 65535;
constexpr int tries_max = 1000;

bool is_free(int port) {
  const process::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

struct Range {
  int low = 0, high = 0;
  bool contains(int port) const { return port >= low && port <= high; }
};

Range ephemeral_range() {
  constexpr auto path = "/proc/sys/net/ipv4/ip_local_port_range";
  const auto text = core::or_throw(process::read_file(path), core::Exit::runtime);
  Range range;
  if (!(std::istringstream(text) >> range.low >> range.high))
    throw core::Failure(core::Exit::runtime, fmt::format("{} holds no range", path));
  if (range.low <= port_min && range.high >= port_max) range = {port_max + 1, port_max};
  return range;
}

// The inode of the socket that listens on 127.0.0.1:port, "" if there is none.
core::Result<std::string> listener_inode(std::uint16_t port) {
  // Loopback in network order printed as a little-endian number; state 0A is LISTEN.
  const auto local = fmt::format("{:08X}:{:04X}", htonl(INADDR_LOOPBACK), port);
  const auto text = process::read_file("/proc/self/net/tcp");
  if (!text) return text.error();
  std::istringstream table(*text);
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string slot, address, remote, state, queues, timer, retransmits, user, timeout, inode;
    fields >> slot >> address >> remote >> state >> queues >> timer >> retransmits >> user >>
        timeout >> inode;
    if (address == local && state == "0A") return inode;
  }
  return std::string();
}

}  // namespace

Ports free_ports() {
  static thread_local std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<int> any(port_min, port_max);
  const auto ephemeral = ephemeral_range();
  Ports ports;
  for (int tries = 0; tries < tries_max; ++tries) {
    const int port = any(random);
    if (ephemeral.contains(port) || port == ports.service || !is_free(port)) continue;
    if (ports.service != 0) {
      ports.internal = static_cast<std::uint16_t>(port);
      return ports;
    }
    ports.service = static_cast<std::uint16_t>(port);
  }
  throw core::Failure(core::Exit::runtime,
                      fmt::format("no free port on 127.0.0.1 after {} tries", tries_max));
}

core::Result<bool> listens(pid_t pid, std::uint16_t port) {
  namespace fs = std::filesystem;
  const auto inode = listener_inode(port);
  if (!inode) return inode.error();
  if (inode->empty()) return false;
  const auto wanted = fmt::format("socket:[{}]", *inode);
  const auto directory = fmt::format("/proc/{}/fd", pid);
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code closed_meanwhile;
    if (fs::read_symlink(entry->path(), closed_meanwhile) == wanted) return true;
  }
  const bool ended =
      error == std::errc::no_such_file_or_directory || error == std::errc::no_such_process;
  if (!error || ended) return false;
  return core::Error{core::Fault::refused, {}, fmt::format("{}: {}", directory, error.message())};
}

}  // namespace couponctl::stack
