#include "issuance/membership.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <sstream>

namespace couponctl::issuance {
namespace {

using namespace std::chrono_literals;

class MembershipTest : public testing::Test {
 protected:
  std::optional<std::string> word(std::chrono::seconds at, const std::string& why = "why") {
    return membership_.word(began_ + at, why);
  }

  std::ostringstream told_;
  Log log_ = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(told_));
  const Membership::Time began_{};
  Membership membership_{"group_1", log_, began_};
};

TEST_F(MembershipTest, SaysWhyAtGrowingIntervals) {
  std::vector<int> said;
  for (int second = 0; second <= 100; ++second)
    if (word(std::chrono::seconds(second))) said.push_back(second);
  EXPECT_EQ(said, (std::vector<int>{9, 27, 63}));
  EXPECT_EQ(word(500s), "not yet in group group_1 after 500s: why");
}

TEST_F(MembershipTest, SaysNothingOfAGroupThatLetsUsInAtOnce) {
  membership_.inside(began_ + 3s);
  EXPECT_FALSE(word(60s));
  EXPECT_EQ(told_.str(), "");
}

TEST_F(MembershipTest, SaysOnceThatItIsOver) {
  ASSERT_TRUE(word(9s));
  membership_.inside(began_ + 12s);
  membership_.inside(began_ + 13s);
  const auto told = told_.str();
  const auto first = told.find("in group group_1 after 12s");
  EXPECT_NE(first, std::string::npos) << told;
  EXPECT_EQ(told.find("after 13s"), std::string::npos) << told;
}

TEST_F(MembershipTest, BeginsAnewWhenThePlaceIsLost) {
  membership_.inside(began_ + 3s);
  membership_.outside(began_ + 100s);
  EXPECT_FALSE(word(108s));
  EXPECT_EQ(word(109s, ""),
            "not yet in group group_1 after 9s: its coordinator lets nobody in so far");
}

}  // namespace
}  // namespace couponctl::issuance
