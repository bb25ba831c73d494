#include "faults/proxy.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "process/file_descriptor.h"

namespace couponctl::faults {
namespace {

using process::FileDescriptor;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Whoever sends more than this to a side that does not read has to wait.
constexpr std::size_t queued_bytes_max = 1 << 20;

enum class Mode { pass, blackhole, reset, refuse };

// Which answer is to be spoiled: of the next that is sent with this word in it.
struct Spoiling {
  std::string word;
  std::optional<char> first_byte;  // nullopt: it is cut
};

struct Plan {
  Mode mode = Mode::pass;
  std::chrono::nanoseconds delay{0};
  std::optional<milliseconds> drip;
  core::HostPort target;
  Proxy::Cut cut = Proxy::Cut::before;
  int cuts_left = 0;
  std::optional<Spoiling> spoiling;
};

int checked(int result, const char* what) {
  if (result < 0) throw std::runtime_error(fmt::format("proxy: {}: errno {}", what, errno));
  return result;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

FileDescriptor new_socket() {
  return FileDescriptor(
      checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket"));
}

// On any free port if it is 0.
FileDescriptor listen_on(std::uint16_t port) {
  auto listener = new_socket();
  const int on = 1;
  ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const auto address = loopback(port);
  checked(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "bind");
  checked(::listen(listener.get(), SOMAXCONN), "listen");
  return listener;
}

std::uint16_t port_of(const FileDescriptor& listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size), "name");
  return ntohs(address.sin_port);
}

void at_once(const FileDescriptor& socket) {
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// Its close is a reset.
void make_abrupt(const FileDescriptor& socket) {
  const linger at_close{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_close, sizeof at_close);
}

// Finds COMMIT among the packets that a MySQL client sends: three bytes of length, a number, and
// the payload, which for a query is a 3 and its text.
class CommitFinder {
 public:
  // Whether one ends in these bytes, the next that the client sent.
  bool find(std::string_view bytes) {
    bool found = false;
    for (const char byte : bytes) {
      if (packet_.size() < header_size) {
        packet_ += byte;
        if (packet_.size() == header_size) left_ = length();
      } else {
        if (packet_.size() < kept_max) packet_ += byte;
        --left_;
      }
      if (packet_.size() < header_size || left_ > 0) continue;
      found = found || is_commit();
      packet_.clear();
    }
    return found;
  }

 private:
  static constexpr std::size_t header_size = 4;
  static constexpr std::size_t kept_max = 16;

  std::size_t length() const {
    const auto byte = [&](int i) { return std::size_t{static_cast<unsigned char>(packet_[i])}; };
    return byte(0) | byte(1) << 8 | byte(2) << 16;
  }

  bool is_commit() const {
    auto payload = packet_.substr(header_size);
    std::ranges::transform(payload, payload.begin(), [](unsigned char letter) {
      return static_cast<char>(std::toupper(letter));
    });
    return payload == "\3COMMIT";
  }

  std::string packet_;
  std::size_t left_ = 0;  // of the payload
};

// What goes one way.
struct Flow {
  struct Piece {
    Clock::time_point due;
    std::string bytes;
  };
  std::deque<Piece> pieces;
  std::size_t queued_bytes = 0;
  Clock::time_point next_byte_due{};  // when it drips
  bool ended = false;                 // the source has sent its last byte
  bool told = false;                  // and the other side knows
};

struct Side {
  FileDescriptor socket;
  Flow flow;  // of what this side sends
};

struct Connection {
  Side client, server;
  CommitFinder commits;
  bool swallowed = false;            // bytes were lost: nothing sensible can follow
  bool dies_answered = false;        // a COMMIT went through whose answer must not
  std::optional<Spoiling> spoiling;  // of the next answer
  bool over = false;
};

}  // namespace

class Proxy::Loop {
 public:
  explicit Loop(core::HostPort target)
      : listener_(listen_on(0)),
        port_(port_of(listener_)),
        wake_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")) {
    plan_.target = std::move(target);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  ~Loop() {
    thread_.request_stop();
    wake();
    thread_.join();
    for (auto& connection : connections_) cut(connection);
  }

  std::uint16_t port() const { return port_; }

  template <class Change>
  void change(const Change& change) {
    std::unique_lock lock(mutex_);
    settle(lock);  // what was sent before the change is treated as before
    change(plan_);
    settle(lock);
  }

  template <class Question>
  int ask(const Question& question) {
    const std::scoped_lock lock(mutex_);
    return question();
  }

  int commits_cut() {
    return ask([&] { return commits_cut_; });
  }
  int answers_spoiled() {
    return ask([&] { return answers_spoiled_; });
  }
  int connections_open() {
    return ask([&] { return static_cast<int>(connections_.size()); });
  }

 private:
  // Until the thread has gone round once more.
  void settle(std::unique_lock<std::mutex>& lock) {
    const auto wanted = ++asked_;
    wake();
    done_.wait(lock, [&] { return settled_ >= wanted; });
  }

  void wake() const { ::eventfd_write(wake_.get(), 1); }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      wait();
      const std::scoped_lock lock(mutex_);
      eventfd_t ignored = 0;
      ::eventfd_read(wake_.get(), &ignored);
      follow_plan();
      accept_all();
      for (auto& connection : connections_) serve(connection);
      std::erase_if(connections_, [](const auto& connection) { return connection.over; });
      settled_ = asked_;
      done_.notify_all();
    }
  }

  // Until a socket has something for us, a piece is due, or somebody changed the plan.
  void wait() {
    std::vector<pollfd> polled{{wake_.get(), POLLIN, 0}};
    if (listener_) polled.push_back({listener_.get(), POLLIN, 0});
    auto due = Clock::time_point::max();
    const auto now = Clock::now();
    const auto add = [&](const Side& side, const Flow& incoming) {
      short events = 0;
      if (!side.flow.ended && side.flow.queued_bytes < queued_bytes_max) events |= POLLIN;
      if (const auto next = next_due(incoming); next <= now)
        events |= POLLOUT;
      else
        due = std::min(due, next);
      if (events != 0) polled.push_back({side.socket.get(), events, 0});
    };
    for (const auto& connection : connections_) {
      add(connection.client, connection.server.flow);
      add(connection.server, connection.client.flow);
    }
    const auto wait_ms =
        due == Clock::time_point::max() ? -1 : std::chrono::ceil<milliseconds>(due - now).count();
    ::poll(polled.data(), polled.size(), static_cast<int>(wait_ms));
  }

  static Clock::time_point next_due(const Flow& flow) {
    if (flow.pieces.empty()) return Clock::time_point::max();
    return std::max(flow.pieces.front().due, flow.next_byte_due);
  }

  void follow_plan() {
    if (plan_.mode == Mode::refuse) listener_ = FileDescriptor();
    if (plan_.mode != Mode::refuse && !listener_) listener_ = listen_on(port_);
    if (plan_.mode == Mode::reset)
      for (auto& connection : connections_) cut(connection);
  }

  void accept_all() {
    while (listener_) {
      FileDescriptor client(
          ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!client) return;
      at_once(client);
      auto& connection = connections_.emplace_back();
      connection.client.socket = std::move(client);
      if (plan_.mode == Mode::reset) {
        cut(connection);
      } else if (plan_.mode == Mode::blackhole) {
        connection.swallowed = true;
      } else {
        connection.server.socket = connect_to(plan_.target);
      }
      // A side that is not there sends nothing.
      connection.server.flow.ended = !connection.server.socket;
    }
  }

  static FileDescriptor connect_to(const core::HostPort& target) {
    auto socket = new_socket();
    const auto address = loopback(target.port);
    // That it could not connect is seen when it is read.
    static_cast<void>(
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    at_once(socket);
    return socket;
  }

  void serve(Connection& connection) {
    if (connection.over) return;
    receive(connection, connection.client);
    receive(connection, connection.server);
    deliver(connection, connection.client.flow, connection.server.socket);
    deliver(connection, connection.server.flow, connection.client.socket);
    const auto& up = connection.client.flow;
    const auto& down = connection.server.flow;
    if (connection.swallowed ? up.ended && down.ended : up.told && down.told)
      connection.over = true;
  }

  void receive(Connection& connection, Side& side) {
    while (!connection.over && !side.flow.ended && side.flow.queued_bytes < queued_bytes_max) {
      std::array<char, 65536> buffer{};
      const auto size = ::recv(side.socket.get(), buffer.data(), buffer.size(), 0);
      if (size < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN)) return;
      if (plan_.mode == Mode::blackhole) swallow(connection);
      if (size <= 0) {
        side.flow.ended = true;
        if (size < 0 && !connection.swallowed) cut(connection);
        return;
      }
      if (connection.swallowed) continue;
      std::string bytes(buffer.data(), static_cast<std::size_t>(size));
      if (&side == &connection.client)
        from_client(connection, std::move(bytes));
      else
        from_server(connection, std::move(bytes));
    }
  }

  static void swallow(Connection& connection) {
    connection.swallowed = true;
    connection.client.flow.pieces.clear();
    connection.server.flow.pieces.clear();
  }

  void from_client(Connection& connection, std::string bytes) {
    if (plan_.spoiling && bytes.find(plan_.spoiling->word) != std::string::npos)
      connection.spoiling = std::exchange(plan_.spoiling, std::nullopt);
    const bool commits = connection.commits.find(bytes);
    if (!commits || plan_.cuts_left == 0) return queue(connection.client.flow, std::move(bytes));
    --plan_.cuts_left;
    if (plan_.cut == Cut::before) {
      ++commits_cut_;
      return cut(connection);
    }
    connection.dies_answered = true;
    queue(connection.client.flow, std::move(bytes));
  }

  void from_server(Connection& connection, std::string bytes) {
    if (const auto spoiling = std::exchange(connection.spoiling, std::nullopt)) {
      ++answers_spoiled_;
      if (spoiling->first_byte)
        bytes.front() = *spoiling->first_byte;
      else
        return cut_in_the_middle(connection.server.flow, std::move(bytes));
    }
    if (!connection.dies_answered) return queue(connection.server.flow, std::move(bytes));
    ++commits_cut_;
    cut(connection);
  }

  void cut_in_the_middle(Flow& flow, std::string bytes) const {
    bytes.resize(bytes.size() / 2);
    queue(flow, std::move(bytes));
    flow.ended = true;
  }

  void queue(Flow& flow, std::string bytes) const {
    flow.queued_bytes += bytes.size();
    flow.pieces.push_back({Clock::now() + plan_.delay, std::move(bytes)});
  }

  void deliver(Connection& connection, Flow& flow, const FileDescriptor& to) const {
    if (connection.over || connection.swallowed) return;
    const bool drips = plan_.drip && &flow == &connection.server.flow;
    while (next_due(flow) <= Clock::now()) {
      auto& bytes = flow.pieces.front().bytes;
      const auto size = drips ? 1 : bytes.size();
      const auto sent = ::send(to.get(), bytes.data(), size, MSG_NOSIGNAL);
      if (sent < 0 && (errno == EAGAIN || errno == ENOTCONN)) return;
      if (sent < 0) return cut(connection);
      flow.queued_bytes -= static_cast<std::size_t>(sent);
      bytes.erase(0, static_cast<std::size_t>(sent));
      if (bytes.empty()) flow.pieces.pop_front();
      if (drips) flow.next_byte_due = Clock::now() + *plan_.drip;
    }
    if (!flow.ended || flow.told || !flow.pieces.empty()) return;
    ::shutdown(to.get(), SHUT_WR);
    flow.told = true;
  }

  static void cut(Connection& connection) {
    for (auto* side : {&connection.client, &connection.server}) {
      make_abrupt(side->socket);
      side->socket = FileDescriptor();
    }
    connection.over = true;
  }

  std::mutex mutex_;  // guards all but what only the thread uses while it waits
  std::condition_variable done_;
  Plan plan_;
  int asked_ = 0, settled_ = 0;  // rounds of the thread
  int commits_cut_ = 0;
  int answers_spoiled_ = 0;
  std::list<Connection> connections_;
  FileDescriptor listener_;
  const std::uint16_t port_;
  FileDescriptor wake_;
  std::jthread thread_;
};

Proxy::Proxy(core::HostPort target) : loop_(std::make_unique<Loop>(std::move(target))) {}
Proxy::~Proxy() = default;

core::HostPort Proxy::address() const { return {"127.0.0.1", loop_->port()}; }

void Proxy::pass() {
  loop_->change([](Plan& plan) { plan.mode = Mode::pass, plan.delay = {}, plan.drip = {}; });
}

void Proxy::blackhole() {
  loop_->change([](Plan& plan) { plan.mode = Mode::blackhole; });
}

void Proxy::reset() {
  loop_->change([](Plan& plan) { plan.mode = Mode::reset; });
}

void Proxy::refuse() {
  loop_->change([](Plan& plan) { plan.mode = Mode::refuse; });
}

void Proxy::delay(std::chrono::nanoseconds each_way) {
  loop_->change([&](Plan& plan) { plan.mode = Mode::pass, plan.delay = each_way, plan.drip = {}; });
}

void Proxy::drip(milliseconds each_byte) {
  loop_->change(
      [&](Plan& plan) { plan.mode = Mode::pass, plan.delay = {}, plan.drip = each_byte; });
}

void Proxy::retarget(core::HostPort target) {
  loop_->change([&](Plan& plan) { plan.target = std::move(target); });
}

void Proxy::cut_commit(Cut when, int times) {
  loop_->change([&](Plan& plan) { plan.cut = when, plan.cuts_left = times; });
}

void Proxy::garble_answer(std::string word, char first_byte) {
  loop_->change([&](Plan& plan) { plan.spoiling = {std::move(word), first_byte}; });
}

void Proxy::cut_answer(std::string word) {
  loop_->change([&](Plan& plan) { plan.spoiling = {std::move(word), std::nullopt}; });
}

int Proxy::commits_cut() const { return loop_->commits_cut(); }
int Proxy::answers_spoiled() const { return loop_->answers_spoiled(); }
int Proxy::connections_open() const { return loop_->connections_open(); }

}  // namespace couponctl::faults
