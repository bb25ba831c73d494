// Does one go at a time, and only who is let?
#include "race/turns.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace couponctl::race {
namespace {

using core::Command;
using core::Server;

// Sends a command without a server: what it would do there is `effect`.
void send(std::string_view words, const std::function<std::string()>& effect) {
  auto& hook = *core::command_hook();
  hook.before({Server::redis, words, {&words, 1}});
  hook.answered(effect());
}

Turns::World nobody_waits() {
  return {.waits_for_lock = [](const Step&) { return false; }, .has_work = [] { return false; }};
}

// A caller on a thread of its own.
std::jthread caller(Turns& turns, int number, std::function<void()> ask) {
  return std::jthread([&turns, &hook = turns.caller(number), number, ask = std::move(ask)] {
    const core::HookedCommands hooked(hook);
    try {
      ask();
    } catch (const Killed&) {
    }
    turns.done(number);
  });
}

TEST(Turns, LetOneGoAtATimeInTheOrderThatIsAskedFor) {
  Turns turns(2, nobody_waits());
  std::string log;  // no lock: only one of them runs
  turns.hold();
  const auto two = [&](const std::string& who) {
    return [&log, who] {
      send("GET a", [&] { return log += who + "1", "x"; });
      send("GET b", [&] { return log += who + "2", "x"; });
    };
  };
  const auto a = caller(turns, 0, two("a"));
  const auto b = caller(turns, 1, two("b"));
  for (const int actor : {1, 0, 0, 1}) {
    ASSERT_TRUE(turns.settle());
    ASSERT_TRUE(turns.can_go(actor));
    turns.go(actor);
  }
  ASSERT_TRUE(turns.settle());
  EXPECT_FALSE(turns.can_go(0) || turns.can_go(1));
  EXPECT_EQ(log, "b1a1a2b2");
  ASSERT_EQ(turns.steps().size(), 4U);
  EXPECT_EQ(turns.steps()[0].command, "GET a");
  EXPECT_EQ(turns.steps()[0].answer, "x");
}

TEST(Turns, GoOnWithOneWhoPollsOnlyAfterAnotherHasMoved) {
  Turns turns(2, nobody_waits());
  std::atomic<bool> free = false;
  turns.hold();
  const auto polling = caller(turns, 0, [&] {
    for (bool got = false; !got;)
      send("SET lock NX", [&] { return (got = free) ? "OK" : "(nil)"; });
  });
  const auto holding =
      caller(turns, 1, [&] { send("DEL lock", [&] { return free = true, "1"; }); });
  ASSERT_TRUE(turns.settle());
  turns.go(0);
  ASSERT_TRUE(turns.settle());
  EXPECT_FALSE(turns.can_go(0));
  turns.go(1);
  ASSERT_TRUE(turns.settle());
  EXPECT_TRUE(turns.can_go(0));
  turns.go(0);
  ASSERT_TRUE(turns.settle());
  EXPECT_FALSE(turns.can_go(0));
}

TEST(Turns, GoOnWithOthersWhileOneWaitsForALock) {
  std::atomic<bool> locked = true;
  Turns turns(2, {.waits_for_lock = [&](const Step& step) { return step.command == "A" && locked; },
                  .has_work = [] { return false; }});
  turns.hold();
  const auto waiting = caller(turns, 0, [&] {
    send("A", [&] {
      while (locked) std::this_thread::yield();
      return "locked";
    });
  });
  const auto holding = caller(turns, 1, [&] { send("B", [&] { return locked = false, "1"; }); });
  ASSERT_TRUE(turns.settle());
  turns.go(0);
  ASSERT_TRUE(turns.settle());
  EXPECT_TRUE(turns.steps()[0].blocked);
  EXPECT_EQ(turns.steps()[0].answer, "");
  turns.go(1);
  ASSERT_TRUE(turns.settle());
  EXPECT_EQ(turns.steps()[0].answer, "locked");
}

// Somebody of whom nobody will ever hear would have everybody wait for them.
TEST(Turns, TakeNobodyInWhileSomebodyIsHeld) {
  Turns turns(0, nobody_waits());
  turns.add_background({.name = "consumer", .always_back = false});
  turns.hold();
  EXPECT_DEATH(turns.add_background({.name = "consumer", .always_back = false}), "holding_");
}

TEST(Turns, KillInThePlaceOfTheNextCommand) {
  Turns turns(1, nobody_waits());
  int sent = 0;
  turns.hold();
  const auto killed = caller(turns, 0, [&] {
    send("A", [&] { return ++sent, "1"; });
    send("B", [&] { return ++sent, "1"; });
  });
  ASSERT_TRUE(turns.settle());
  turns.go(0);
  ASSERT_TRUE(turns.settle());
  turns.kill(0);
  ASSERT_TRUE(turns.settle());
  EXPECT_EQ(sent, 1);
  ASSERT_EQ(turns.steps().size(), 2U);
  EXPECT_TRUE(turns.steps()[1].is_kill);
}

TEST(Turns, LetOneHelpOnceSomebodyIsDeadAndWhileThereIsNeed) {
  bool need = true;
  auto world = nobody_waits();
  world.needs_help = [&] { return need; };
  Turns turns(1, world);
  auto* const hook = turns.add_background({.name = "relay", .helps = true});
  turns.hold();
  const std::jthread relay([&] {
    const core::HookedCommands hooked(hook);
    send("XRANGE", [&] { return "x"; });
    send("XRANGE", [&] { return "x"; });
  });
  const auto killed = caller(turns, 0, [&] { send("A", [] { return "1"; }); });
  ASSERT_TRUE(turns.settle());
  EXPECT_FALSE(turns.can_go(1));
  turns.kill(0);
  ASSERT_TRUE(turns.settle());
  EXPECT_TRUE(turns.can_go(1));
  turns.go(1);
  need = false;
  ASSERT_TRUE(turns.settle());
  EXPECT_FALSE(turns.can_go(1));
  turns.release();
}

TEST(Turns, KillTogetherWhoIsInOneProcess) {
  Turns turns(0, nobody_waits());
  auto* const consumer = turns.add_background({.name = "consumer", .process = "consume"});
  auto* const relay = turns.add_background({.name = "relay", .process = "consume"});
  std::atomic<int> dead = 0;
  turns.hold();
  const auto die = [&](core::CommandHook* hook) {
    const core::HookedCommands hooked(hook);
    EXPECT_THROW(send("A", [] { return "1"; }), Killed);
    ++dead;
  };
  std::jthread one(die, consumer);
  std::jthread other(die, relay);
  ASSERT_TRUE(turns.settle());
  turns.kill(0);
  one.join();
  other.join();
  EXPECT_EQ(dead, 2);
}

TEST(Turns, PassOverWhoLooksAroundWithoutAnyWork) {
  std::atomic<bool> work = false;
  int asked = 0;
  Turns turns(1, {.waits_for_lock = [](const Step&) { return false; },
                  .has_work = [&] { return ++asked, work.load(); }});
  auto* const hook = turns.add_background({.name = "consumer", .always_back = false});
  turns.hold();
  std::atomic<int> looks = 0;
  const std::jthread consumer([&] {
    const core::HookedCommands hooked(hook);
    send("LOOK", [&] { return ++looks, "0"; });
    while (!work) std::this_thread::yield();
    send("INSERT", [&] { return work = false, "1"; });
  });
  while (looks == 0) ASSERT_TRUE(turns.settle());
  EXPECT_TRUE(turns.steps().empty());
  const auto producer = caller(turns, 0, [&] {
    send("GET a", [] { return "x"; });
    core::command_hook()->before({Server::kafka, "produce", {}});
    work = true;
  });
  ASSERT_TRUE(turns.settle());
  const int asked_before = asked;
  turns.go(0);
  ASSERT_TRUE(turns.settle());
  EXPECT_EQ(asked, asked_before) << "no work can have come";
  EXPECT_FALSE(turns.can_go(1));
  turns.go(0);
  ASSERT_TRUE(turns.settle());
  EXPECT_TRUE(turns.can_go(1));
  turns.go(1);
  ASSERT_TRUE(turns.settle());
  ASSERT_EQ(turns.steps().size(), 3U);
  EXPECT_EQ(turns.steps()[2].command, "INSERT");
}

}  // namespace
}  // namespace couponctl::race
