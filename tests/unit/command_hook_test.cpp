// Does a hook hear of what its own thread sends, and of nothing else?
#include "core/command_hook.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace couponctl::core
