// Is every order tried, and none twice?
#include "race/orders.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace couponctl::race {
namespace {

// Actors that have so many commands each, and can always go.
class Actors {
 public:
  explicit Actors(std::vector<int> commands) : left_(std::move(commands)) {}

  Choices choices() const {
    Choices choices;
    for (std::size_t i = 0; i < left_.size(); ++i)
      if (left_[i] > 0) choices.push_back({static_cast<int>(i)});
    return choices;
  }
  void go(const Choice& choice) {
    --left_[static_cast<std::size_t>(choice.actor)];
    taken_.push_back(choice);
  }
  std::string schedule() const { return schedule_text(taken_); }

 private:
  std::vector<int> left_;
  Choices taken_;
};

std::vector<std::string> all_orders(const std::vector<int>& commands) {
  std::vector<std::string> orders;
  EveryOrder order;
  do {
    Actors actors(commands);
    for (auto choices = actors.choices(); !choices.empty(); choices = actors.choices())
      actors.go(choices.at(*order.choose(choices)));
    orders.push_back(actors.schedule());
  } while (order.advance());
  return orders;
}

TEST(EveryOrder, IsEachInterleavingOnce) {
  const auto orders = all_orders({2, 2});
  EXPECT_EQ(orders, (std::vector<std::string>{"0011", "0101", "0110", "1001", "1010", "1100"}));
}

TEST(EveryOrder, OfThreeCallersWithThreeCommandsAre1680) {
  const auto orders = all_orders({3, 3, 3});
  EXPECT_EQ(orders.size(), 1680U);
  EXPECT_EQ(std::set(orders.begin(), orders.end()).size(), 1680U);
}

TEST(EveryOrder, SaysWhenAnOrderCannotBeMadeAgain) {
  EveryOrder order;
  EXPECT_EQ(order.choose({{0}, {1}}), 0U);
  EXPECT_EQ(order.choose({{0}, {1}}), 0U);
  order.again();
  EXPECT_EQ(order.choose({{0}, {1}}), 0U);
  EXPECT_EQ(order.choose({{1}}), std::nullopt);
  EXPECT_EQ(schedule_text(order.expected()), "01");
  order.believe();
  order.again();
  EXPECT_EQ(order.choose({{0}, {1}}), 0U);
  EXPECT_EQ(order.choose({{1}}), 0U);
}

TEST(RandomOrder, DrawsWhatThereIsAndTheSameForTheSameSeed) {
  const auto draw = [](std::uint64_t seed) {
    RandomOrder order(seed);
    std::vector<std::string> orders;
    for (int i = 0; i < 200; ++i) {
      order.begin();
      Actors actors({2, 2});
      for (auto choices = actors.choices(); !choices.empty(); choices = actors.choices())
        actors.go(choices.at(order.choose(choices)));
      orders.push_back(actors.schedule());
    }
    return orders;
  };
  const auto orders = draw(7);
  EXPECT_EQ(orders, draw(7));
  EXPECT_GT(std::set(orders.begin(), orders.end()).size(), 3U);
}

TEST(Schedule, IsReadAsItIsWritten) {
  const Choices schedule{{0}, {11}, {1, true}, {0}};
  EXPECT_EQ(schedule_text(schedule), "0b!10");
  EXPECT_EQ(parse_schedule("0b!10"), schedule);
  for (const auto* bad : {"", "0-1", "!", "0!", "!!0", "A"})
    EXPECT_FALSE(parse_schedule(bad)) << bad;
}

}  // namespace
}  // namespace couponctl::race
