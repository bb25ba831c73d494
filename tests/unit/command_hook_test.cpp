// Does a hook hear of what its own thread sends, and of nothing else?
#include "core/command_hook.h"

#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>
#include <thread>

namespace couponctl::core {
namespace {

TEST(CommandHook, HearsItsThreadWhileItsScopeLives) {
  EXPECT_EQ(command_hook(), nullptr);
  CommandCounter outer;
  CommandCounter inner;
  {
    const HookedCommands of_outer(outer);
    EXPECT_EQ(command_hook(), &outer);
    {
      const HookedCommands of_inner(inner);
      EXPECT_EQ(command_hook(), &inner);
    }
    EXPECT_EQ(command_hook(), &outer);
    std::jthread([] { EXPECT_EQ(command_hook(), nullptr); }).join();
  }
  EXPECT_EQ(command_hook(), nullptr);
}

TEST(CommandHook, CountsByServer) {
  CommandCounter counter;
  for (const auto server : {Server::redis, Server::mysql, Server::redis})
    counter.before({server, "X", {}});
  EXPECT_EQ(counter.count(Server::redis), 2);
  EXPECT_EQ(counter.count(Server::mysql), 1);
  EXPECT_EQ(counter.count(Server::kafka), 0);
}

TEST(CommandHook, IsSwitchedWhileItsThreadGoesOn) {
  CommandCounter first;
  CommandCounter second;
  SwitchedHook hook(&first);
  hook.before({Server::redis, "X", {}});
  hook.switch_to(&second);
  hook.before({Server::redis, "X", {}});
  hook.switch_to(nullptr);
  hook.before({Server::redis, "X", {}});
  EXPECT_EQ(first.count(Server::redis), 1);
  EXPECT_EQ(second.count(Server::redis), 1);
}

// Whoever listened may be gone for good then.
TEST(CommandHook, IsSwitchedOnlyOnceNobodyIsInTheOneBefore) {
  struct Slow final : CommandHook {
    void before(const Command&) override {
      entered.release();
      go_on.acquire();
      left = true;
    }
    std::binary_semaphore entered{0};
    std::binary_semaphore go_on{0};
    std::atomic<bool> left = false;
  } slow;
  SwitchedHook hook(&slow);
  const std::jthread sender([&] { hook.before({Server::redis, "X", {}}); });
  slow.entered.acquire();
  const std::jthread releaser([&] { slow.go_on.release(); });
  hook.switch_to(nullptr);
  EXPECT_TRUE(slow.left);
}

}  // namespace
}  // namespace couponctl::core
