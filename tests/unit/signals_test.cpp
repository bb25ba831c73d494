#include "process/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>

namespace couponctl::process {
namespace {

// Whether `condition` holds before the deadline.
bool comes_true(auto condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return condition();
}

bool stops(const SignalWatch& watch) {
  return comes_true([&] { return watch.stop_token().stop_requested(); });
}

TEST(SignalWatch, FirstSignalAsksToStop) {
  const SignalWatch watch;
  EXPECT_EQ(watch.exit_code(), core::Exit::ok);
  ::kill(::getpid(), SIGTERM);
  EXPECT_TRUE(stops(watch));
  EXPECT_EQ(static_cast<int>(watch.exit_code()), 143);
}

TEST(SignalWatch, SaysThatItStopsUnlessItIsToBeQuiet) {
  const auto said = [](bool quiet) {
    testing::internal::CaptureStderr();
    {
      const SignalWatch watch(quiet);
      ::kill(::getpid(), SIGTERM);
      EXPECT_TRUE(stops(watch));
    }
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(said(false), "couponctl: stopping; a second signal ends it at once\n");
  EXPECT_EQ(said(true), "");
}

TEST(SignalWatch, WithoutASignalLeavesTheMaskAsItWas) {
  sigset_t mask;
  { const SignalWatch watch; }
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(sigismember(&mask, SIGTERM), 0);
}

class SignalWatchHears : public testing::TestWithParam<int> {};

TEST_P(SignalWatchHears, AndAsksToStop) {
  const SignalWatch watch;
  ::kill(::getpid(), GetParam());
  EXPECT_TRUE(stops(watch));
  EXPECT_EQ(static_cast<int>(watch.exit_code()), 128 + GetParam());
}

INSTANTIATE_TEST_SUITE_P(Each, SignalWatchHears, testing::Values(SIGHUP, SIGINT, SIGQUIT, SIGTERM));

TEST(SignalWatchDeathTest, GoesOnIgnoringWhatNohupIgnores) {
  EXPECT_EXIT(
      {
        std::signal(SIGHUP, SIG_IGN);
        const SignalWatch watch;
        ::kill(::getpid(), SIGHUP);
        ::kill(::getpid(), SIGTERM);  // a lower number is taken first
        stops(watch);
        ::_exit(static_cast<int>(watch.exit_code()));
      },
      testing::ExitedWithCode(143), "stopping");
}

TEST(SignalWatchDeathTest, SecondSignalEndsTheProcess) {
  EXPECT_EXIT(
      {
        const SignalWatch watch;
        ::kill(::getpid(), SIGTERM);
        stops(watch);
        ::kill(::getpid(), SIGINT);
        comes_true([] { return false; });
      },
      testing::ExitedWithCode(130), "stopping");
}

}  // namespace
}  // namespace couponctl::process
