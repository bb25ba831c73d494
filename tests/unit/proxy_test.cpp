// Does the proxy do to a connection what it is told to, and nothing else?
#include "faults/proxy.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "support/child.h"

namespace couponctl::faults {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using test::eventually;
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// Sends back what it gets, and its mark before the first byte of each connection if it has one.
class Echo {
 public:
  explicit Echo(std::string mark = "") : mark_(std::move(mark)) {
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Echo() {
    io_.stop();
    thread_.join();
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  core::HostPort address() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }
  std::string got() {
    const std::scoped_lock lock(mutex_);
    return got_;
  }

 private:
  struct Session {
    explicit Session(asio::io_context& io) : socket(io) {}
    tcp::socket socket;
    std::string buffer = std::string(1 << 16, '\0');
  };

  void accept() {
    auto& session = sessions_.emplace_back(io_);
    acceptor_.async_accept(session.socket, [&](error_code error) {
      if (error) return;
      asio::write(session.socket, asio::buffer(mark_));
      read(session);
      accept();
    });
  }

  void read(Session& session) {
    session.socket.async_read_some(
        asio::buffer(session.buffer), [&](error_code error, std::size_t size) {
          note({session.buffer.data(), size});
          if (error) return session.socket.close();
          asio::write(session.socket, asio::buffer(session.buffer, size), error);
          read(session);
        });
  }

  void note(std::string_view bytes) {
    const std::scoped_lock lock(mutex_);
    got_ += bytes;
  }

  const std::string mark_;
  std::mutex mutex_;
  std::string got_;
  asio::io_context io_;
  tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
  std::list<Session> sessions_;
  std::thread thread_;
};

// Whatever it waits for, it waits 10 s at most.
class Client {
 public:
  explicit Client(const core::HostPort& address) {
    socket_.connect({asio::ip::address_v4::loopback(), address.port}, error_);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  // One thread may send while another receives. That it fails is seen by who waits for the answer.
  void send(const std::string& bytes) {
    error_code ignored;
    asio::write(socket_, asio::buffer(bytes), ignored);
  }
  std::string receive(std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t got = 0;
    while (got < size && !error_) {
      const auto more = ::recv(socket_.native_handle(), &bytes[got], size - got, 0);
      if (more < 0) error_ = error_code(errno, boost::system::system_category());
      if (more == 0) error_ = asio::error::eof;
      got += more > 0 ? static_cast<std::size_t>(more) : 0;
    }
    return bytes.substr(0, got);
  }
  std::string echoed(const std::string& bytes) {
    send(bytes);
    return receive(bytes.size());
  }
  // Whether nothing has come by now.
  bool hears_nothing() {
    char byte = 0;
    return ::recv(socket_.native_handle(), &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }
  void finish() { socket_.shutdown(tcp::socket::shutdown_send); }
  error_code error() const { return error_; }  // of connecting and receiving

 private:
  asio::io_context io_;
  tcp::socket socket_{io_};
  error_code error_;
};

// As a MySQL client sends it.
std::string packet(const std::string& payload) {
  const auto size = payload.size();
  return std::string{static_cast<char>(size & 255), static_cast<char>(size >> 8), '\0', '\0'} +
         payload;
}

class ProxyTest : public testing::Test {
 protected:
  Client client() const { return Client(proxy_.address()); }

  Echo echo_;
  Proxy proxy_{echo_.address()};
};

TEST_F(ProxyTest, PassesBytesAndTheirEndBothWays) {
  auto one = client();
  auto other = client();
  std::string large(3'000'000, 'x');
  std::ranges::generate(large, [n = 0]() mutable { return static_cast<char>(++n % 251); });
  std::string echoed;
  std::thread reader([&] { echoed = one.receive(large.size()); });
  EXPECT_EQ(other.echoed("and another"), "and another");
  one.send(large);
  reader.join();
  EXPECT_TRUE(echoed == large);
  one.finish();
  EXPECT_EQ(one.receive(1), "");
  EXPECT_EQ(one.error(), asio::error::eof);
  EXPECT_EQ(proxy_.connections_open(), 1);
}

TEST_F(ProxyTest, SwallowsAsABlackhole) {
  auto open = client();
  EXPECT_EQ(open.echoed("before"), "before");
  proxy_.blackhole();
  auto fresh = client();
  open.send("lost");
  fresh.send("lost");
  open.finish();
  proxy_.pass();
  EXPECT_EQ(client().echoed("after"), "after") << "it forwards anew";
  EXPECT_EQ(echo_.got(), "beforeafter");
  EXPECT_TRUE(open.hears_nothing());
  EXPECT_TRUE(fresh.hears_nothing());
}

TEST_F(ProxyTest, ResetsWhatIsOpenAndWhatComes) {
  auto open = client();
  EXPECT_EQ(open.echoed("before"), "before");
  proxy_.reset();
  open.receive(1);
  EXPECT_EQ(open.error(), asio::error::connection_reset);
  auto fresh = client();
  fresh.receive(1);
  EXPECT_EQ(fresh.error(), asio::error::connection_reset);
  proxy_.pass();
  EXPECT_EQ(client().echoed("after"), "after");
}

TEST_F(ProxyTest, RefusesOnlyWhatIsNew) {
  auto open = client();
  EXPECT_EQ(open.echoed("before"), "before");
  proxy_.refuse();
  EXPECT_EQ(client().error(), asio::error::connection_refused);
  EXPECT_EQ(open.echoed("still"), "still");
  proxy_.pass();
  EXPECT_EQ(client().echoed("after"), "after") << "on the same port";
}

TEST_F(ProxyTest, HoldsBytesBackWhileItDelays) {
  auto late = client();
  proxy_.delay(1h);
  late.send("late");
  EXPECT_TRUE(eventually([&] { return proxy_.connections_open() == 1; }));
  EXPECT_TRUE(late.hears_nothing());
  proxy_.delay(1ms);
  EXPECT_EQ(client().echoed("soon"), "soon");
  EXPECT_TRUE(late.hears_nothing()) << "what was held back is still due in an hour";
}

TEST_F(ProxyTest, DripsEveryByte) {
  proxy_.drip(1ms);
  EXPECT_EQ(client().echoed("drop by drop"), "drop by drop");
}

TEST_F(ProxyTest, ResetsAClientWhoseTargetIsNotThere) {
  proxy_.retarget({"127.0.0.1", 1});
  auto lonely = client();
  lonely.receive(1);
  EXPECT_EQ(lonely.error(), asio::error::connection_reset);
}

TEST_F(ProxyTest, SendsNewConnectionsToAnotherTarget) {
  auto open = client();
  EXPECT_EQ(open.echoed("first"), "first");
  Echo other("other ");
  proxy_.retarget(other.address());
  EXPECT_EQ(client().receive(6), "other ");
  EXPECT_EQ(open.echoed("stays"), "stays");
}

TEST_F(ProxyTest, CutsACommitBeforeTheServerGetsIt) {
  const auto before = packet("\3INSERT INTO t VALUES ('COMMIT')") + packet("\1");
  proxy_.cut_commit(Proxy::Cut::before);
  auto cut = client();
  EXPECT_EQ(cut.echoed(before), before);
  // It comes in as many pieces as it likes.
  EXPECT_EQ(cut.echoed("\7"), "\7");
  cut.send("\0\0\0\3commit"s);
  EXPECT_EQ(cut.receive(1), "");
  EXPECT_EQ(cut.error(), asio::error::connection_reset);
  EXPECT_EQ(proxy_.commits_cut(), 1);
  EXPECT_EQ(echo_.got(), before + "\7");
  const auto commit = packet("\3COMMIT");
  EXPECT_EQ(client().echoed(commit), commit) << "only once";
}

TEST_F(ProxyTest, CutsACommitAfterTheServerHasAnswered) {
  const auto commit = packet("\3COMMIT");
  proxy_.cut_commit(Proxy::Cut::after, 2);
  for (const int cuts : {1, 2}) {
    auto cut = client();
    cut.send(commit);
    EXPECT_EQ(cut.receive(1), "");
    EXPECT_EQ(cut.error(), asio::error::connection_reset);
    EXPECT_EQ(proxy_.commits_cut(), cuts);
  }
  EXPECT_EQ(echo_.got(), commit + commit);
  EXPECT_EQ(client().echoed(commit), commit);
}

TEST_F(ProxyTest, GarblesTheAnswerToOneCommand) {
  auto open = client();
  proxy_.garble_answer("GET", 'x');
  EXPECT_EQ(open.echoed("SET a"), "SET a");
  EXPECT_EQ(open.echoed("GET a"), "xET a");
  EXPECT_EQ(open.echoed("GET a"), "GET a") << "only once";
  EXPECT_EQ(proxy_.answers_spoiled(), 1);
  EXPECT_EQ(echo_.got(), "SET aGET aGET a");
}

TEST_F(ProxyTest, CutsTheAnswerToOneCommandInItsMiddle) {
  auto cut = client();
  proxy_.cut_answer("GET");
  cut.send("GET abcd");
  EXPECT_EQ(cut.receive(8), "GET ");
  EXPECT_EQ(cut.error(), asio::error::eof);
  EXPECT_EQ(proxy_.answers_spoiled(), 1);
  EXPECT_EQ(client().echoed("GET abcd"), "GET abcd");
}

}  // namespace
}  // namespace couponctl::faults
