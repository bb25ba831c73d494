#include "issuance/in_flight.h"

#include <gtest/gtest.h>

namespace couponctl::issuance {
namespace {

using Safe = std::map<std::string, std::vector<std::string>>;

TEST(InFlight, AnEntryIsSafeOnceAllOfItsMessagesAre) {
  InFlight in_flight;
  const auto token = in_flight.begin("summer", "1-0", 2);
  ASSERT_NE(token, 0U);
  in_flight.report(token, true);
  EXPECT_EQ(in_flight.safe(), Safe{});
  EXPECT_EQ(in_flight.messages(), 1);
  in_flight.report(token, true);
  EXPECT_EQ(in_flight.safe(), (Safe{{"summer", {"1-0"}}}));
  EXPECT_EQ(in_flight.messages(), 0);
}

TEST(InFlight, AnEntryIsNotSentTwiceAtOnceNorBeforeItIsForgotten) {
  InFlight in_flight;
  const auto token = in_flight.begin("summer", "1-0", 1);
  EXPECT_EQ(in_flight.begin("summer", "1-0", 1), 0U);
  EXPECT_NE(in_flight.begin("winter", "1-0", 1), 0U) << "another campaign's";
  in_flight.report(token, true);
  EXPECT_EQ(in_flight.begin("summer", "1-0", 1), 0U);
  in_flight.forget("summer", {"1-0"});
  EXPECT_EQ(in_flight.safe(), Safe{});
  EXPECT_NE(in_flight.begin("summer", "1-0", 1), 0U);
}

TEST(InFlight, AnEntryOfWhichOneMessageFailedIsNeverSafeAndBeginsAgain) {
  InFlight in_flight;
  const auto token = in_flight.begin("summer", "1-0", 3);
  in_flight.report(token, true);
  in_flight.report(token, false, 2);
  EXPECT_EQ(in_flight.safe(), Safe{});
  EXPECT_NE(in_flight.begin("summer", "1-0", 3), 0U);
}

}  // namespace
}  // namespace couponctl::issuance
