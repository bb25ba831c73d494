#include "load/board.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace couponctl::load {
namespace {

TEST(Board, IsTheSameForWhoeverHasItsDescriptor) {
  Board ours;
  Board theirs{process::FileDescriptor(::dup(ours.descriptor()))};
  EXPECT_EQ(ours.draw(), 0);
  EXPECT_EQ(theirs.draw(), 1);
  EXPECT_EQ(ours.drawn(), 2);
  theirs.arrive();
  EXPECT_EQ(ours.arrived(), 1);
  EXPECT_FALSE(theirs.opened_at());
  ours.open();
  EXPECT_EQ(theirs.opened_at(), ours.opened_at());
  theirs.end();
  EXPECT_TRUE(ours.is_over());
}

TEST(Board, WakesWhoeverWaitsForTheGateAlsoInAnotherMapping) {
  Board ours;
  Board theirs{process::FileDescriptor(::dup(ours.descriptor()))};
  std::atomic<bool> passed = false;
  std::jthread waiting([&] { passed = theirs.await_gate(); });
  ours.open();
  waiting.join();
  EXPECT_TRUE(passed);
}

TEST(Board, LetsNobodyBeyondTheHoldUntilItMoves) {
  Board board;
  board.hold_from(5);
  EXPECT_TRUE(board.await_leave(4));
  std::atomic<bool> left = false;
  std::jthread waiting([&] { left = board.await_leave(5); });
  EXPECT_FALSE(left);
  board.hold_from(6);
  waiting.join();
  EXPECT_TRUE(left);
}

TEST(Board, EndsEveryWait) {
  Board board;
  board.hold_from(0);
  std::atomic<int> refused = 0;
  std::jthread at_gate([&] { refused += !board.await_gate(); });
  std::jthread at_hold([&] { refused += !board.await_leave(0); });
  board.end();
  at_gate.join();
  at_hold.join();
  EXPECT_EQ(refused, 2);
}

}  // namespace
}  // namespace couponctl::load
