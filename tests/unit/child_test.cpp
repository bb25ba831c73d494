// Does a child process run as it was told, is its end seen, and can it not stay behind?
#include "process/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "core/failure.h"
#include "process/state.h"
#include "support/child.h"
#include "support/temporary_directory.h"

namespace couponctl::process {
namespace {

using namespace std::chrono_literals;
using test::eventually;

constexpr auto soon = 20s;

Command shell(const std::string& script) { return {.words = {"/bin/sh", "-c", script}}; }

Command with_pipes(Command command) {
  command.input = command.output = Pipe{};
  return command;
}

std::optional<std::string> next_line(LineReader& lines, std::chrono::milliseconds within) {
  const auto line = lines.next(within);
  return line ? std::optional<std::string>(line->text) : std::nullopt;
}

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class ChildTest : public testing::Test {
 protected:
  const test::TemporaryDirectory made_;
  const std::filesystem::path directory_ = std::filesystem::canonical(made_.path());
};

TEST(Child, TellsItsExitCode) {
  auto child = Child::spawn(shell("exit 7"));
  EXPECT_EQ(child.wait(soon), 7);
  EXPECT_EQ(child.ending(), "exit code 7");
  EXPECT_FALSE(child.succeeded());
  EXPECT_FALSE(child.running());
  EXPECT_EQ(child.wait(0ms), 7) << "when asked again";
  auto good = Child::spawn(shell(":"));
  EXPECT_EQ(good.wait(soon), 0);
  EXPECT_TRUE(good.succeeded());
}

TEST(Child, TellsTheSignalThatEndedIt) {
  auto child = Child::spawn(shell("kill -TERM $$"));
  EXPECT_EQ(child.wait(soon), 128 + SIGTERM);
  EXPECT_EQ(child.ending(), "signal 15");
  EXPECT_FALSE(child.succeeded());
}

TEST(Child, NoneHasNotSucceededAndGetsNoSignal) {
  Child none;
  EXPECT_FALSE(none.spawned());
  EXPECT_FALSE(none.running());
  EXPECT_FALSE(none.succeeded());
  EXPECT_FALSE(none.signal(SIGTERM));
  EXPECT_FALSE(none.pause());
}

TEST(Child, AWaitIsBounded) {
  auto child = Child::spawn({.words = {"sleep", "60"}});
  EXPECT_EQ(child.wait(20ms), std::nullopt);
  EXPECT_TRUE(child.running());
}

TEST(Child, AProgramThatIsNotThereIsNamed) {
  for (const auto* program : {"/no/such/program", "no-such-program"}) {
    try {
      Child::spawn({.words = {program}});
      ADD_FAILURE() << "ran " << program;
    } catch (const core::Failure& failure) {
      EXPECT_EQ(failure.what(), std::string(program) + ": No such file or directory");
    }
  }
  EXPECT_THROW(Child::spawn({.words = {"/bin/sh"}, .directory = "/no/such"}), core::Failure);
}

TEST(Child, TalksThroughPipes) {
  auto child = Child::spawn(with_pipes({.words = {"cat"}}));
  EXPECT_TRUE(child.write("one\ntwo\nunfinished"));
  EXPECT_EQ(next_line(child.output(), soon), "one");
  EXPECT_EQ(next_line(child.output(), soon), "two");
  EXPECT_EQ(next_line(child.output(), 0ms), std::nullopt);
  EXPECT_TRUE(child.output().open());
  child.close_input();
  EXPECT_EQ(next_line(child.output(), soon), std::nullopt) << "half a line is not a line";
  EXPECT_FALSE(child.output().open());
  EXPECT_EQ(child.wait(soon), 0);
}

TEST(Child, TellsItsErrorsByAPipeOfTheirOwn) {
  auto command = with_pipes(shell("echo out; echo wrong >&2"));
  command.error = Pipe{};
  auto child = Child::spawn(command);
  EXPECT_EQ(next_line(child.error(), soon), "wrong");
  EXPECT_EQ(next_line(child.output(), soon), "out");
}

TEST(Child, OfALineThatIsTooLongTheRestIsPassedOver) {
  auto child =
      Child::spawn(with_pipes(shell("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo next")));
  const auto line = child.output().next(soon);
  ASSERT_TRUE(line);
  EXPECT_TRUE(line->too_long);
  EXPECT_EQ(line->text, std::string(1 << 20, 'x'));
  EXPECT_EQ(next_line(child.output(), soon), "next");
}

TEST_F(ChildTest, ReadsFromAFileAndAppendsToOne) {
  std::ofstream(directory_ / "in") << "asked\n";
  std::ofstream(directory_ / "log") << "before\n";
  auto command = shell("cat; echo wrong >&2");
  command.input = directory_ / "in";
  command.output = command.error = directory_ / "log";
  auto child = Child::spawn(command);
  EXPECT_EQ(child.wait(soon), 0);
  EXPECT_EQ(content(directory_ / "log"), "before\nasked\nwrong\n");
}

TEST_F(ChildTest, RunsInItsDirectoryWithItsEnvironmentAndName) {
  auto command = with_pipes(shell("pwd; echo $MARK; echo ${HOME-none}; echo $0"));
  command.name = "called";
  command.directory = directory_;
  const std::string mark = "here" + std::string(4000, '.');
  command.environment = Words{"FIRST=1", "MARK=" + mark, "LAST=2"};
  auto child = Child::spawn(command);
  EXPECT_EQ(next_line(child.output(), soon), directory_.native());
  EXPECT_EQ(next_line(child.output(), soon), mark);
  EXPECT_EQ(next_line(child.output(), soon), "none");
  EXPECT_EQ(next_line(child.output(), soon), "called");
}

TEST(Child, NullGivesNothingAndTakesAll) {
  auto command = shell("read line && exit 1; echo taken && echo taken >&2");
  auto child = Child::spawn(command);
  EXPECT_EQ(child.wait(soon), 0);
}

TEST(Child, SeesThatItIsStoppedAndGoesOn) {
  auto child = Child::spawn({.words = {"sleep", "60"}});
  EXPECT_FALSE(child.stopped());
  EXPECT_TRUE(child.pause());
  EXPECT_TRUE(child.stopped());
  EXPECT_TRUE(child.stopped()) << "as often as asked";
  EXPECT_TRUE(child.running());
  child.signal(SIGCONT);
  EXPECT_TRUE(eventually([&] { return !child.stopped(); }));
  EXPECT_TRUE(child.pause()) << "a second time";
  child.kill();
  EXPECT_FALSE(child.running());
  EXPECT_EQ(child.ending(), "signal 9");
}

TEST(Child, OneThatIgnoresSigtermIsKilledWithAllThatItStarted) {
  pid_t leader = 0, grandchild = 0;
  {
    auto child =
        Child::spawn(with_pipes(shell("trap '' TERM; sleep 60 & echo $!; while :; do wait; done")));
    leader = child.pid();
    grandchild = std::stoi(next_line(child.output(), soon).value());
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(50ms), std::nullopt);
    EXPECT_FALSE(is_gone(leader));
  }
  EXPECT_TRUE(is_gone(leader));
  EXPECT_TRUE(eventually([&] { return is_gone(grandchild); }));
}

TEST(Child, DiesWithTheThreadThatSpawnedItUnlessItMayOutliveIt) {
  Child bound, free;
  std::thread([&] {
    bound = Child::spawn({.words = {"sleep", "60"}});
    free = Child::spawn({.words = {"sleep", "60"}, .outlives_thread = true});
  }).join();
  EXPECT_EQ(bound.wait(soon), 128 + SIGKILL);
  EXPECT_TRUE(free.running());
}

TEST(Child, NoTerminalOfOursReachesIt) {
  auto child = Child::spawn({.words = {"sleep", "60"}});
  EXPECT_EQ(::getsid(child.pid()), child.pid());
  EXPECT_EQ(::getpgid(child.pid()), child.pid());
}

// What a child has open, by number. It answers first: what its start-up opens is closed by then.
std::set<std::string> open_in_child(Command command) {
  command.words = {"cat"};
  auto child = Child::spawn(with_pipes(std::move(command)));
  child.write("ready\n");
  EXPECT_EQ(next_line(child.output(), soon), "ready");
  std::set<std::string> numbers;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(child.pid()) + "/fd"))
    numbers.insert(entry.path().filename());
  return numbers;
}

TEST(Child, GetsNoDescriptorButItsOwn) {
  const FileDescriptor leak(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  ASSERT_TRUE(leak);
  EXPECT_EQ(open_in_child({}), (std::set<std::string>{"0", "1", "2"}));
  EXPECT_EQ(open_in_child({.words = {}, .passed = {leak.get(), -1}}),
            (std::set<std::string>{"0", "1", "2", "3"}));
  EXPECT_EQ(open_in_child({.words = {}, .passed = {leak.get(), leak.get()}}),
            (std::set<std::string>{"0", "1", "2", "3", "4"}));
}

TEST(Child, GetsTheDescriptorThatIsPassed) {
  const auto ends = [] {
    std::array<int, 2> numbers{};
    EXPECT_EQ(::pipe2(numbers.data(), O_CLOEXEC), 0);
    return numbers;
  }();
  const FileDescriptor reading(ends[0]);
  {
    const FileDescriptor writing(ends[1]);
    auto command = shell("echo through >&3");
    command.passed = {writing.get(), -1};
    EXPECT_EQ(Child::spawn(command).wait(soon), 0);
  }
  std::array<char, 16> bytes{};
  EXPECT_EQ(::read(reading.get(), bytes.data(), bytes.size()), 8);
}

TEST(Child, NoSignalIsBlockedOrIgnoredInIt) {
  sigset_t usr1, before;
  ::sigemptyset(&usr1);
  ::sigaddset(&usr1, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &usr1, &before);
  const auto pipe_handler = ::signal(SIGPIPE, SIG_IGN);
  auto child = Child::spawn(with_pipes({.words = {"cat", "/proc/self/status"}}));
  ::signal(SIGPIPE, pipe_handler);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  int seen = 0;
  while (const auto line = next_line(child.output(), soon)) {
    if (!line->starts_with("SigBlk:") && !line->starts_with("SigIgn:")) continue;
    // 32 and 33 are the C library's own: who has started us decides on them, and nobody else can.
    constexpr std::uint64_t libc_own = 0b11ULL << 31;
    EXPECT_EQ(std::stoull(line->substr(8), nullptr, 16) & ~libc_own, 0U) << *line;
    ++seen;
  }
  EXPECT_EQ(seen, 2);
}

// Else a server whose file may not grow is killed instead of told.
TEST(Child, ALimitOnFilesStaysAnErrorOfWrites) {
  const auto before = ::signal(SIGXFSZ, SIG_IGN);
  auto child = Child::spawn(shell("kill -XFSZ $$; exit 5"));
  ::signal(SIGXFSZ, before);
  EXPECT_EQ(child.wait(soon), 5);
}

TEST(Child, WhatItIsToldAfterItsEndIsRefused) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  auto child = Child::spawn(with_pipes(shell(":")));
  EXPECT_EQ(child.wait(soon), 0);
  EXPECT_FALSE(child.write("anything"));
  ::signal(SIGPIPE, before);
}

TEST(Child, AMovedOneIsStillOurs) {
  auto first = Child::spawn({.words = {"sleep", "60"}});
  const auto pid = first.pid();
  Child second(std::move(first));
  EXPECT_EQ(second.pid(), pid);
  second = Child();
  EXPECT_TRUE(is_gone(pid)) << "what it held before is killed";
}

}  // namespace
}  // namespace couponctl::process
