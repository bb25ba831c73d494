// Does a pool share its connections fairly, and never make one more?
#include "mysql/pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

#include "live/database.h"
#include "race/cost.h"
#include "support/child.h"

namespace couponctl::mysql {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using Clock = Pool::Clock;

TEST(Pool, NeverMakesMoreConnectionsThanItHas) {
  const live::Database database;
  Pool pool(database.address(), 3);
  std::atomic<int> held = 0;
  std::atomic<int> held_max = 0;
  std::atomic<std::int64_t> asked = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 12; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 50; ++n) {
          auto lease = pool.take(Clock::now() + 30s);
          ASSERT_TRUE(lease) << lease.error().text;
          const int now = ++held;
          for (int seen = held_max; seen < now && !held_max.compare_exchange_weak(seen, now);) {
          }
          asked += (**lease).query_integer("SELECT 1").operator bool();
          --held;
        }
      });
  }
  EXPECT_EQ(asked, 600);
  EXPECT_EQ(held_max, 3);
  auto server = *Connection::connect(live::servers().mysql);
  EXPECT_EQ(race::connections_to(server, database.address().database), 3);
  pool.disconnect();
  EXPECT_TRUE(
      eventually([&] { return race::connections_to(server, database.address().database) == 0; }));
  ASSERT_TRUE(pool.connect());
  EXPECT_EQ(race::connections_to(server, database.address().database), 3);
}

TEST(Pool, GivesAConnectionToWhoCameFirst) {
  const live::Database database;
  Pool pool(database.address(), 1);
  auto lease = std::optional(*pool.take(Clock::now() + 30s));
  std::vector<int> order;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      const auto mine = pool.take(Clock::now() + 30s);
      ASSERT_TRUE(mine) << mine.error().text;
      order.push_back(i);  // whoever has the one connection is alone
    });
    ASSERT_TRUE(eventually([&] { return pool.waiting() == i + 1; }));
  }
  lease.reset();
  threads.clear();
  EXPECT_EQ(order, (std::vector{0, 1, 2}));
}

TEST(Pool, SaysThatNoneCameFree) {
  const live::Database database;
  Pool pool(database.address(), 1);
  {
    const auto lease = pool.take(Clock::now() + 30s);
    const auto none = pool.take(Clock::now() + 10ms);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().fault, core::Fault::unreachable);
    EXPECT_NE(none.error().text.find("none of the 1 connections of the pool came free"),
              std::string::npos)
        << none.error().text;
  }
  EXPECT_TRUE(pool.take(Clock::now() + 10ms)) << "who gave up has kept no place";
}

TEST(Pool, ReplacesAConnectionThatBroke) {
  const live::Database database;
  Pool pool(database.address(), 1);
  {
    auto lease = pool.take(Clock::now() + 30s);
    const auto id = *(**lease).query_integer("SELECT CONNECTION_ID()");
    ASSERT_EQ(database.by_hand(fmt::format("KILL {}", id)), 0);
    EXPECT_FALSE((**lease).execute("DO 1"));
  }
  auto next = pool.take(Clock::now() + 30s);
  ASSERT_TRUE(next) << next.error().text;
  EXPECT_TRUE((**next).execute("DO 1"));
}

TEST(Pool, KeepsNoPlaceForAConnectionThatCannotBeMade) {
  auto nowhere = live::servers().mysql;
  nowhere.database = "couponctl_there_is_none_of_this_name";
  Pool pool(nowhere, 1);
  for (int i = 0; i < 2; ++i) {
    const auto lease = pool.take(Clock::now() + 30s);
    ASSERT_FALSE(lease);
    EXPECT_NE(lease.error().text.find("Unknown database"), std::string::npos) << lease.error().text;
  }
}

}  // namespace
}  // namespace couponctl::mysql
