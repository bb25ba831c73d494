// Is what is said of those who wait beside the race what they have waited?
#include "race/bystander.h"

#include <gtest/gtest.h>

#include <optional>

#include "live/database.h"
#include "support/child.h"

namespace couponctl::race {
namespace {

using namespace std::chrono_literals;
using mysql::Pool;
using test::eventually;

std::int64_t orders_in(const live::Database& database) {
  return database.integer("SELECT COUNT(*) FROM orders");
}

TEST(Bystander, PlacesAnOrderForEachThatIsDue) {
  const live::Database database;
  Bystander bystander({.per_second = 200, .timeout = 30s},
                      std::make_shared<Pool>(database.address(), 4));
  bystander.begin();
  const auto orders = bystander.end(40, {});
  EXPECT_GE(orders.waits.count(), 40);
  EXPECT_EQ(orders.timed_out, 0);
  EXPECT_EQ(orders.failed, 0) << orders.first_error;
  EXPECT_EQ(orders_in(database), orders.waits.count());
  ASSERT_EQ(orders.first.size(), Orders::first_max);
  EXPECT_TRUE(orders.first.front());
}

// Nobody gives the only connection back until some are gone.
TEST(Bystander, WaitsFromWhenAnOrderWasDueAndSaysWhichTimedOut) {
  const live::Database database;
  const auto pool = std::make_shared<Pool>(database.address(), 1);
  Bystander bystander({.per_second = 50, .timeout = 100ms}, pool);
  auto taken = std::optional(*pool->take(Pool::Clock::now() + 30s));
  bystander.begin();
  ASSERT_TRUE(eventually([&] { return pool->waiting() >= 3; }));
  const auto orders = bystander.end(10, {});
  taken.reset();
  EXPECT_GE(orders.timed_out, 10);
  EXPECT_EQ(orders.waits.count(), orders.timed_out);
  EXPECT_GE(orders.waits.min(), std::chrono::nanoseconds(100ms).count());
  EXPECT_EQ(orders_in(database), 0);
}

TEST(Bystander, SaysWhyAnOrderFailed) {
  const live::Database database;
  Bystander bystander({.per_second = 100, .timeout = 30s},
                      std::make_shared<Pool>(database.address(), 1));
  ASSERT_EQ(database.by_hand("DROP TABLE orders"), 0);
  bystander.begin();
  const auto orders = bystander.end(3, {});
  EXPECT_GE(orders.failed, 3);
  EXPECT_EQ(orders.waits.count(), 0);
  EXPECT_NE(orders.first_error.find("doesn't exist"), std::string::npos) << orders.first_error;
  EXPECT_FALSE(orders.first.at(0)) << "it has waited for nothing";
}

TEST(Bystander, PlacesNothingMoreAfterAStop) {
  const live::Database database;
  Bystander bystander({.per_second = 1, .timeout = 30s},
                      std::make_shared<Pool>(database.address(), 1));
  std::stop_source stop;
  stop.request_stop();
  bystander.begin();
  EXPECT_EQ(bystander.end(1'000'000, stop.get_token()).waits.count(), 0);
}

}  // namespace
}  // namespace couponctl::race
