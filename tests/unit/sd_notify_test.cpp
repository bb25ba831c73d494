#include "cli/sd_notify.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "support/temporary_directory.h"

namespace couponctl::cli {
namespace {

// What systemd's end of the line hears.
class NotifyTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = directory_.path() / "socket";
    listen(path);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  void TearDown() override {
    for (const auto* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
    ::close(socket_);
  }

  void listen(const std::string& name) {
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    ASSERT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address),
                     static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())),
              0);
  }
  // "" if nothing was said.
  std::string heard() const {
    char buffer[256];
    const auto size = ::recv(socket_, buffer, sizeof buffer, MSG_DONTWAIT);
    return size < 0 ? "" : std::string(buffer, static_cast<std::size_t>(size));
  }

  const test::TemporaryDirectory directory_;
  int socket_ = -1;
};

TEST_F(NotifyTest, SaysWhatItIsGiven) {
  const Notify notify;
  notify.send("READY=1\nSTATUS=Reading");
  EXPECT_EQ(heard(), "READY=1\nSTATUS=Reading");
}

TEST_F(NotifyTest, SpeaksToASocketWithoutAFile) {
  ::close(socket_);
  const auto name = "couponctl-notify-test-" + std::to_string(::getpid());
  listen(std::string(1, '\0') + name);
  ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  Notify().send("STOPPING=1");
  EXPECT_EQ(heard(), "STOPPING=1");
}

TEST_F(NotifyTest, FeedsTheWatchdogTwiceInItsTimeAndNoMoreOften) {
  ::setenv("WATCHDOG_USEC", "3600000000", 1);
  Notify notify;
  notify.alive();
  notify.alive();
  EXPECT_EQ(heard(), "WATCHDOG=1");
  EXPECT_EQ(heard(), "");
}

TEST_F(NotifyTest, FeedsNoWatchdogThatIsNotThere) {
  Notify().alive();
  EXPECT_EQ(heard(), "");
  ::setenv("WATCHDOG_USEC", "1000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);  // somebody else's
  Notify().alive();
  EXPECT_EQ(heard(), "");
}

TEST_F(NotifyTest, IsSilentWithoutSystemd) {
  ::unsetenv("NOTIFY_SOCKET");
  Notify().send("READY=1");
  EXPECT_EQ(heard(), "");
}

}  // namespace
}  // namespace couponctl::cli
