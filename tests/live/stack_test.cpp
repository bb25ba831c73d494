// Do the private servers come up, obey, and leave nothing behind, however their owner ends?
#include "stack/stack.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/failure.h"
#include "process/executables.h"
#include "process/file_descriptor.h"
#include "process/state.h"
#include "stack/ports.h"
#include "stack/probe.h"
#include "support/child.h"
#include "support/temporary_directory.h"

namespace couponctl::stack {
namespace {

namespace fs = std::filesystem;
using process::is_gone;
using test::eventually;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds wait_max{20};
constexpr std::array servers{Server::redis, Server::mysql, Server::kafka};

bool answers(const Addresses& addresses, Server server) {
  if (server == Server::redis) return ask_redis(addresses.redis).has_value();
  if (server == Server::mysql) return ask_mysql(addresses.mysql).has_value();
  return ask_kafka(addresses.kafka);
}

std::uint16_t port(const Addresses& addresses, Server server) {
  if (server == Server::redis) return addresses.redis.port;
  return server == Server::mysql ? addresses.mysql.port : addresses.kafka.port;
}

std::string redis_says(std::uint16_t port, const std::string& command) {
  const process::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{.tv_sec = wait_max.count(), .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  std::array<char, 256> answer{};
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::send(socket.get(), (command + "\r\n").data(), command.size() + 2, MSG_NOSIGNAL) < 0 ||
      ::recv(socket.get(), answer.data(), answer.size() - 1, 0) < 0)
    return std::strerror(errno);
  return answer.data();
}

class StackTest : public testing::Test {
 protected:
  ~StackTest() override { down(directory(), false); }

  fs::path directory() const { return base_ / "stack"; }
  Options options() const { return {directory(), COUPONCTL_BINARY, true}; }
  Stack start() const { return Stack::start(options(), log_progress); }

  static void log_progress(std::string_view line) { fmt::print(stderr, "  {}\n", line); }

  const test::TemporaryDirectory made_;
  const fs::path base_ = made_.path();
};

std::vector<pid_t> pids(const Stack& stack) {
  std::vector<pid_t> all{stack.supervisor()};
  for (const auto server : servers) all.push_back(stack.pid(server));
  return all;
}

// Starts a stack in a process of its own, which then waits to be killed.
struct Owner {
  pid_t pid = 0;
  std::array<pid_t, 4> owned{};  // the supervisor and its servers

  explicit Owner(const Options& options) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
    const process::FileDescriptor from(ends[0]);
    process::FileDescriptor to(ends[1]);
    pid = ::fork();
    if (pid == 0) live(options, to);
    to = {};
    if (::read(from.get(), owned.data(), sizeof owned) != sizeof owned)
      throw std::runtime_error("the owner did not start its stack");
  }
  ~Owner() { kill(); }

  void kill() {
    if (pid > 0) ::kill(pid, SIGKILL), ::waitpid(pid, nullptr, 0);
    pid = 0;
  }

  bool nothing_lives() const { return std::ranges::all_of(owned, is_gone); }

 private:
  [[noreturn]] static void live(const Options& options, const process::FileDescriptor& to) {
    try {
      const auto stack = Stack::start(options, {});
      const auto all = pids(stack);
      if (::write(to.get(), all.data(), all.size() * sizeof(pid_t)) > 0)
        for (;;) ::pause();
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}\n", error.what());
    }
    ::_exit(1);
  }
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

mode_t mode(const fs::path& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 0777 : 0;
}

TEST_F(StackTest, AllServersAnswerAndAreOursAndLeaveNothing) {
  std::vector<pid_t> started;
  {
    const auto stack = start();
    started = pids(stack);
    for (const auto server : servers) {
      EXPECT_TRUE(answers(stack.addresses(), server)) << name(server);
      EXPECT_TRUE(*listens(stack.pid(server), port(stack.addresses(), server))) << name(server);
      EXPECT_FALSE(*listens(stack.supervisor(), port(stack.addresses(), server))) << name(server);
    }
    EXPECT_FALSE(stack.addresses().kafka_is_mock);
    EXPECT_TRUE(fs::is_socket(stack.addresses().mysql_socket));
    EXPECT_EQ(mode(directory()), 0700u);
    EXPECT_EQ(mode(directory() / "couponctl.toml"), 0600u);
    EXPECT_EQ(mode(directory() / "env"), 0600u);
  }
  EXPECT_FALSE(fs::exists(directory()));
  for (const auto pid : started) EXPECT_TRUE(is_gone(pid)) << pid;
}

TEST_F(StackTest, StartsOnlyThoseThatAreAskedFor) {
  auto part = options();
  part.servers = {Server::redis};
  const auto stack = Stack::start(part, {});
  EXPECT_TRUE(answers(stack.addresses(), Server::redis));
  EXPECT_EQ(stack.pid(Server::mysql), 0);
  EXPECT_EQ(stack.pid(Server::kafka), 0);
  EXPECT_EQ(settings_of(directory()), std::nullopt);
}

TEST_F(StackTest, WritesSettingsThatNameTheServers) {
  EXPECT_EQ(settings_of(directory()), std::nullopt);
  const auto stack = start();
  EXPECT_EQ(settings_of(directory()), directory() / "couponctl.toml");
  const auto& addresses = stack.addresses();
  EXPECT_EQ(text_of(directory() / "couponctl.toml"),
            fmt::format("redis = \"{}\"\nkafka = \"{}\"\nmysql = \"root@{}/coupon_example\"\n",
                        addresses.redis.text(), addresses.kafka.text(), addresses.mysql.text()));
  EXPECT_EQ(
      text_of(directory() / "env"),
      fmt::format("REDIS_PORT={}\nKAFKA_PORT={}\nMYSQL_PORT={}\nMYSQL_SOCKET='{}'\n"
                  "MYSQL_USER=root\nMYSQL_PASSWORD=\nMYSQL_DATABASE=coupon_example\n"
                  "COUPONCTL_CONFIG='{}'\n",
                  addresses.redis.port, addresses.kafka.port, addresses.mysql.port,
                  addresses.mysql_socket.native(), (directory() / "couponctl.toml").native()));
}

// As a shell reads them, and whatever it starts.
TEST_F(StackTest, PrintsVariablesThatReachEveryCommand) {
  const auto stack = start();
  const auto script = fmt::format(
      R"_(eval "$({0} stack env --dir '{1}')" && sh -c 'echo $REDIS_PORT' && {0} config show -o csv)_",
      COUPONCTL_BINARY, directory().native());
  test::Child shell({"env", "-i", fmt::format("PATH={}", std::getenv("PATH")), "sh", "-c", script});
  EXPECT_EQ(shell.wait(), 0) << shell.err();
  EXPECT_TRUE(shell.out().starts_with(fmt::format("{}\n", stack.addresses().redis.port)))
      << shell.out();
  EXPECT_NE(shell.out().find(stack.addresses().kafka.text()), std::string::npos) << shell.out();
}

TEST_F(StackTest, NothingSurvivesTheOwnersKill) {
  Owner owner(options());
  owner.kill();
  EXPECT_TRUE(eventually([&] { return owner.nothing_lives(); }));
  EXPECT_TRUE(eventually([&] { return !fs::exists(directory()); }));
}

TEST_F(StackTest, NoServerSurvivesTheSupervisorsKill) {
  auto stack = start();
  const auto started = pids(stack);
  ::kill(stack.supervisor(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return std::ranges::all_of(started, is_gone); }));
  const auto order = stack.kill(Server::redis);
  ASSERT_FALSE(order);
  EXPECT_EQ(order.error().fault, core::Fault::unreachable);
  EXPECT_FALSE(stack::status(directory()));
}

TEST_F(StackTest, NoServerSurvivesTheKillOfOwnerAndSupervisor) {
  Owner owner(options());
  ::kill(owner.owned[0], SIGSTOP);  // so that it cannot see the owner end before its own end
  owner.kill();
  ::kill(owner.owned[0], SIGKILL);
  EXPECT_TRUE(eventually([&] { return owner.nothing_lives(); }));
  EXPECT_TRUE(fs::exists(directory()));

  // The next one cleans up what they had to leave.
  std::ofstream(directory() / "redis" / "remains").flush();
  const auto stack = start();
  EXPECT_FALSE(fs::exists(directory() / "redis" / "remains"));
}

TEST_F(StackTest, AServerKeepsPortAndDataWhenKilledOrStopped) {
  auto stack = start();
  const auto before = stack.addresses();
  const auto cluster = text_of(directory() / "kafka" / "data" / "meta.properties");
  ASSERT_EQ(redis_says(before.redis.port, "SET coupon 7"), "+OK\r\n");
  for (const auto server : servers) {
    SCOPED_TRACE(name(server));
    const auto first = stack.pid(server);
    ASSERT_TRUE(server == Server::redis ? stack.stop(server) : stack.kill(server));
    EXPECT_EQ(stack.pid(server), 0);
    EXPECT_TRUE(is_gone(first));
    EXPECT_FALSE(answers(before, server));

    const auto began = Clock::now();
    ASSERT_TRUE(stack.start(server));
    log_progress(fmt::format("{} is back after {:.1f} s", name(server),
                             std::chrono::duration<double>(Clock::now() - began).count()));
    EXPECT_NE(stack.pid(server), first);
    EXPECT_TRUE(answers(before, server));
    EXPECT_TRUE(*listens(stack.pid(server), port(before, server)));
  }
  EXPECT_EQ(redis_says(before.redis.port, "GET coupon"), "$1\r\n7\r\n");
  EXPECT_TRUE(fs::exists(directory() / "mysql" / "data" / "coupon_example"));
  EXPECT_EQ(text_of(directory() / "kafka" / "data" / "meta.properties"), cluster);
}

TEST_F(StackTest, APausedServerIsSilentUntilItIsResumed) {
  auto stack = start();
  for (const auto server : servers) {
    SCOPED_TRACE(name(server));
    ASSERT_TRUE(stack.pause(server));
    ASSERT_TRUE(stack.pause(server));  // again is no harm
    EXPECT_FALSE(answers(stack.addresses(), server));
    EXPECT_FALSE(stack::status(directory())->servers[static_cast<std::size_t>(server)].answers);
    ASSERT_TRUE(stack.resume(server));
    EXPECT_TRUE(eventually([&] { return answers(stack.addresses(), server); }));
  }
}

TEST_F(StackTest, UpTwiceIsAnAnswerAndDownRemovesAll) {
  const auto first = up(options(), log_progress);
  EXPECT_FALSE(first.already);
  const auto second = up(options(), {});
  EXPECT_TRUE(second.already);
  EXPECT_EQ(second.addresses.kafka.port, first.addresses.kafka.port);

  const auto found = stack::status(directory());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->servers.size(), servers.size());
  for (const auto& server : found->servers) EXPECT_TRUE(server.answers) << name(server.server);

  EXPECT_TRUE(down(directory(), false));
  EXPECT_FALSE(fs::exists(directory()));
  for (const auto& server : found->servers) EXPECT_TRUE(is_gone(server.pid));
  EXPECT_FALSE(stack::status(directory()));
  EXPECT_FALSE(down(directory(), false));
}

TEST_F(StackTest, DownWithKeepLeavesTheDataForTheNextUp) {
  const auto first = up(options(), log_progress);
  ASSERT_EQ(redis_says(first.addresses.redis.port, "SET coupon 7"), "+OK\r\n");
  EXPECT_TRUE(down(directory(), true));
  EXPECT_FALSE(stack::status(directory()));

  const auto second = up(options(), log_progress);
  EXPECT_FALSE(second.already);
  EXPECT_EQ(redis_says(second.addresses.redis.port, "GET coupon"), "$1\r\n7\r\n");
  EXPECT_TRUE(down(directory(), false));
  EXPECT_FALSE(fs::exists(directory()));
}

TEST_F(StackTest, TwoStacksStandSideBySide) {
  const auto one = start();
  Options other = options();
  other.directory = base_ / "other";
  const auto two = Stack::start(other, {});
  for (const auto server : servers)
    EXPECT_NE(port(one.addresses(), server), port(two.addresses(), server));
}

TEST_F(StackTest, ASecondOwnerOfOneDirectoryIsRefused) {
  const auto stack = start();
  EXPECT_THROW(Stack::start(options(), {}), core::Failure);
  for (const auto server : servers) EXPECT_TRUE(answers(stack.addresses(), server));
}

TEST_F(StackTest, ADirectoryWithTooLongAPathIsRefused) {
  auto far = options();
  far.directory /= std::string(120, 'x');
  EXPECT_FALSE(stack::status(far.directory));
  EXPECT_THROW(Stack::start(far, {}), core::Failure);
  EXPECT_FALSE(fs::exists(far.directory));
}

TEST_F(StackTest, AForeignDirectoryIsRefusedAndUntouched) {
  fs::create_directory(directory());
  std::ofstream(directory() / "thesis.txt") << "chapter one";
  try {
    start();
    FAIL() << "took a foreign directory";
  } catch (const core::Failure& failure) {
    EXPECT_EQ(failure.exit(), core::Exit::usage);
    EXPECT_NE(std::string(failure.what()).find(directory().native()), std::string::npos);
  }
  EXPECT_FALSE(down(directory(), false));
  EXPECT_EQ(text_of(directory() / "thesis.txt"), "chapter one");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory()), {}), 1);
}

TEST_F(StackTest, ALinkInTheDirectorysPlaceIsRefused) {
  fs::create_directory(base_ / "elsewhere");
  fs::create_directory_symlink(base_ / "elsewhere", directory());
  EXPECT_THROW(start(), core::Failure);
  EXPECT_TRUE(fs::is_empty(base_ / "elsewhere"));
  fs::remove(directory());
}

TEST_F(StackTest, AStopWhileStartingTakesAllDown) {
  std::stop_source stop;
  try {
    Stack::start(
        options(), [&](std::string_view) { stop.request_stop(); }, stop.get_token());
    FAIL() << "did not stop";
  } catch (const core::Failure& failure) {
    EXPECT_EQ(failure.exit(), core::Exit::interrupted);
  }
  EXPECT_FALSE(fs::exists(directory()));
}

TEST_F(StackTest, RunTakesAllDownAtEachSignalThatAsksIt) {
  for (const int number : {SIGHUP, SIGQUIT}) {
    test::Child run({COUPONCTL_BINARY, "stack", "run", "--dir", directory().native()});
    ASSERT_TRUE(eventually([&] { return run.err().find("Ctrl-C stops it") != std::string::npos; }))
        << run.err();
    const auto started = stack::status(directory());
    ASSERT_TRUE(started);
    run.signal(number);
    EXPECT_EQ(run.wait(), 0) << run.err();
    EXPECT_FALSE(fs::exists(directory()));
    for (const auto& server : started->servers)
      EXPECT_TRUE(is_gone(server.pid)) << name(server.server) << " after signal " << number;
  }
}

class WithoutJava : public StackTest {
 protected:
  WithoutJava() { ::setenv("JAVA_HOME", "/nonexistent", 1); }
  ~WithoutJava() override {
    saved_ ? ::setenv("JAVA_HOME", saved_->c_str(), 1) : ::unsetenv("JAVA_HOME");
  }

 private:
  std::optional<std::string> saved_ = std::getenv("JAVA_HOME")
                                          ? std::optional<std::string>(std::getenv("JAVA_HOME"))
                                          : std::nullopt;
};

TEST_F(StackTest, AJarDownloadThatFailsIsToldAndTheMockBrokerStandsIn) {
  if (std::getenv("KAFKA_HOME") || process::find_executable("kafka-server-start.sh"))
    GTEST_SKIP() << "a Kafka is installed, nothing is fetched";
  // A cache that cannot be written is the quickest way to have no jars.
  const char* before = std::getenv("XDG_CACHE_HOME");
  const std::string saved = before ? before : "";
  ::setenv("XDG_CACHE_HOME", "/proc/none", 1);
  Options tolerant = options();
  tolerant.real_kafka_required = false;
  std::string said;
  {
    const auto stack = Stack::start(tolerant, [&](std::string_view line) { said += line; });
    EXPECT_TRUE(stack.addresses().kafka_is_mock);
  }
  before ? ::setenv("XDG_CACHE_HOME", saved.c_str(), 1) : ::unsetenv("XDG_CACHE_HOME");
  EXPECT_NE(said.find("/proc/none"), std::string::npos) << said;
}

TEST_F(StackTest, ADownloadThatFailsAfterTheOthersAreReadyHoldsNobodyUp) {
  if (process::find_executable("kafka-server-start.sh"))
    GTEST_SKIP() << "a Kafka is installed, nothing is fetched";
  const auto maven = base_ / "mvn";
  std::ofstream(maven) << "#!/bin/sh\n"
                       << "until [ \"$(" COUPONCTL_BINARY " stack status --dir \"${PWD%/*}\" | "
                       << "grep -c ' answers$')\" -ge 2 ]; do :; done\nexit 1\n";
  fs::permissions(maven, fs::perms(0755));
  test::Child run({"env", fmt::format("PATH={}:{}", base_.native(), std::getenv("PATH")),
                   "XDG_CACHE_HOME=" + (base_ / "cache").native(), COUPONCTL_BINARY, "stack", "run",
                   "--dir", directory().native()});
  EXPECT_TRUE(eventually([&] { return run.err().find("Ctrl-C stops it") != std::string::npos; }))
      << run.err();
  run.signal(SIGINT);
  EXPECT_EQ(run.wait(), 0) << run.err();
}

TEST_F(WithoutJava, ARequiredKafkaIsAFailureThatNamesThePackages) {
  try {
    start();
    FAIL() << "started";
  } catch (const core::Failure& failure) {
    EXPECT_EQ(failure.exit(), core::Exit::unreachable);
    EXPECT_EQ(failure.hint(), "sudo apt-get install default-jre-headless maven");
  }
  EXPECT_FALSE(fs::exists(directory()));
}

TEST_F(WithoutJava, TheMockBrokerStandsInAndSaysSo) {
  Options tolerant = options();
  tolerant.real_kafka_required = false;
  std::string said;
  auto stack = Stack::start(tolerant, [&](std::string_view line) { said += line; });
  EXPECT_TRUE(stack.addresses().kafka_is_mock);
  EXPECT_TRUE(answers(stack.addresses(), Server::kafka));
  EXPECT_NE(said.find("Kafka: librdkafka mock broker (no Java here), results are not those of a "
                      "real broker"),
            std::string::npos)
      << said;
  EXPECT_FALSE(stack.kill(Server::kafka));
  EXPECT_TRUE(stack.kill(Server::redis));
  EXPECT_TRUE(stack.start(Server::redis));
}

}  // namespace
}  // namespace couponctl::stack
