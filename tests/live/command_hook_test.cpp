// Does a hook hear of every command before a server does, and can it stop one?
#include "core/command_hook.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "kafka/producer.h"
#include "live/database.h"
#include "live/servers.h"
#include "mysql/transaction.h"
#include "strategies/strategy.h"

namespace couponctl::live {
namespace {

using core::Command;
using core::CommandCounter;
using core::HookedCommands;
using core::Server;

struct Killed {};

// Remembers what was sent, and ends its thread's caller at one command.
class Journal final : public core::CommandHook {
 public:
  explicit Journal(std::string killed_at = "") : killed_at_(std::move(killed_at)) {}

  void before(const Command& command) override {
    names.emplace_back(command.name);
    last_words.assign(command.words.begin(), command.words.end());
    if (command.name == killed_at_) throw Killed();
  }

  std::vector<std::string> names;
  std::vector<std::string> last_words;

 private:
  std::string killed_at_;
};

using Names = std::vector<std::string>;

TEST(CommandHookLive, CountsWhatARequestOfRedisIncrCosts) {
  const strategies::Scratch scratch{.name = fmt::format("couponctl_bench_hook_{}", getpid()),
                                    .servers = servers(),
                                    .limit = 1,
                                    .run = 1};
  const auto all = strategies::all();
  const auto strategy = std::ranges::find(
      all, "redis-incr", [](const strategies::Strategy& known) { return known.info.name; });
  ASSERT_NE(strategy, all.end());
  const auto deployment = strategy->deploy(scratch);
  const load::Wait wait{.stop = {}, .deadline = load::Clock::now() + std::chrono::minutes(1)};
  deployment->reset(scratch.run, wait);
  const auto caller = strategy->attach(scratch)->caller();
  const auto ask = [&](std::int64_t user, load::Answer expected, CommandCounter& counter) {
    const HookedCommands hooked(counter);
    const auto answer = caller->ask(core::UserId{user});
    EXPECT_TRUE(answer && *answer == expected);
  };
  CommandCounter granted;
  ask(1, load::Answer::granted, granted);
  EXPECT_EQ(granted.count(Server::redis), 1);
  EXPECT_EQ(granted.count(Server::mysql), 1);
  CommandCounter refused;
  ask(2, load::Answer::sold_out, refused);
  EXPECT_EQ(refused.count(Server::redis), 1);
  EXPECT_EQ(refused.count(Server::mysql), 0);
  EXPECT_EQ(refused.count(Server::kafka), 0);
  EXPECT_TRUE(deployment->drop(wait));
}

TEST(CommandHookLive, HearsOfEachCommandOfRedis) {
  auto address = servers().redis;
  address.database = 3;
  constexpr std::string_view script = "return 'a hook was here'";
  Journal journal;
  const HookedCommands hooked(journal);
  auto client = *redis::Client::connect(address);
  ASSERT_TRUE(client.eval(script, {}, {}));
  ASSERT_TRUE(client.eval(script, {}, {}));
  ASSERT_TRUE(client.command({"SET", "couponctl_hook", "a b"}));
  EXPECT_EQ(journal.last_words, (Names{"SET", "couponctl_hook", "a b"}));
  ASSERT_TRUE(client.command({"UNLINK", "couponctl_hook"}));
  EXPECT_EQ(journal.names.front(), "SELECT");
  EXPECT_EQ(std::ranges::count(journal.names, "EVALSHA"), 2);
  EXPECT_EQ(std::ranges::count(journal.names, "SCRIPT"), 1);
}

TEST(CommandHookLive, EndsACallerBeforeRedisHearsOfTheCommand) {
  auto client = *redis::Client::connect(servers().redis);
  const auto key = fmt::format("couponctl_hook_{}", getpid());
  {
    Journal journal("INCR");
    const HookedCommands hooked(journal);
    auto killed = *redis::Client::connect(servers().redis);
    EXPECT_THROW(static_cast<void>(killed.command({"INCR", key})), Killed);
  }
  EXPECT_EQ(*redis::integer(client.command({"EXISTS", key})), 0);
}

TEST(CommandHookLive, HearsOfEachStatement) {
  const Database database;
  auto connection = database.connect();
  ASSERT_TRUE(connection.execute("CREATE TABLE t (n INT)"));
  Journal journal;
  const HookedCommands hooked(journal);
  {
    auto transaction = *mysql::Transaction::begin(connection);
    ASSERT_TRUE(connection.execute("INSERT INTO t VALUES (1)"));
    EXPECT_EQ(journal.last_words, Names{"INSERT INTO t VALUES (1)"});
    ASSERT_TRUE(transaction.commit());
  }
  { auto rolled_back = *mysql::Transaction::begin(connection); }
  EXPECT_EQ(*connection.query_integer("(SELECT COUNT(*) FROM t)"), 1);
  EXPECT_EQ(journal.names, (Names{"START", "INSERT", "COMMIT", "START", "ROLLBACK", "SELECT"}));
}

TEST(CommandHookLive, EndsACallerBeforeItsTransactionCommits) {
  const Database database;
  auto connection = database.connect();
  ASSERT_TRUE(connection.execute("CREATE TABLE t (n INT)"));
  for (const auto* last : {"INSERT", "COMMIT", "ROLLBACK"}) {
    Journal journal(last);
    auto killed = database.connect();
    const auto request = [&] {
      const HookedCommands hooked(journal);
      auto transaction = *mysql::Transaction::begin(killed);
      static_cast<void>(killed.execute("INSERT INTO t VALUES (1)"));
      if (std::string_view(last) != "ROLLBACK") static_cast<void>(transaction.commit());
    };
    if (std::string_view(last) == "ROLLBACK") {
      // A destructor throws nothing: the connection is dead instead.
      request();
      const auto after = killed.execute("COMMIT");
      ASSERT_FALSE(after);
      EXPECT_EQ(after.error().fault, core::Fault::unreachable);
    } else {
      EXPECT_THROW(request(), Killed);
    }
  }
  EXPECT_EQ(*connection.query_integer("SELECT COUNT(*) FROM t"), 0);
}

TEST(CommandHookLive, EndsACallerBeforeAMessageIsQueued) {
  int reports = 0;
  {
    kafka::Producer producer({.brokers = servers().kafka},
                             [&](const kafka::Delivery&) { ++reports; });
    Journal journal("produce");
    const HookedCommands hooked(journal);
    EXPECT_THROW(static_cast<void>(
                     producer.produce({.topic = "t", .key = "k", .value = "v", .headers = {}}, 0)),
                 Killed);
    EXPECT_EQ(journal.last_words, (Names{"t", "k", "v"}));
  }
  EXPECT_EQ(reports, 0);
}

}  // namespace
}  // namespace couponctl::live
