#include "race/times.h"

#include <gtest/gtest.h>

#include <vector>

namespace couponctl::race {
namespace {

using core::UserId;
using load::Call;
using load::Outcome;
using load::Row;
using std::chrono::nanoseconds;

DesignResult recorded(const std::vector<Row>& rows, bool settled = true) {
  const std::vector<Call> told{
      {.user = UserId{1}, .answered_ns = 1000, .outcome = Outcome::granted},
      {.user = UserId{2}, .answered_ns = 2000, .outcome = Outcome::sold_out}};
  DesignResult result;
  record_times(
      [&](const auto& see) {
        for (const auto& call : told) see(call);
      },
      rows, settled, result);
  return result;
}

TEST(Times, ARowThatIsThereWithTheAnswerHasNoDelay) {
  const auto result = recorded({{.user = UserId{1}}});
  EXPECT_EQ(result.latency.count(), 2);
  EXPECT_EQ(result.durable.max(), 1000);
  EXPECT_EQ(result.row_delay.count(), 1);
  EXPECT_EQ(result.row_delay.max(), 0);
}

TEST(Times, ADelayCountsFromTheAnswerOfWhoWon) {
  const auto result = recorded({{.user = UserId{1}, .durable_at = nanoseconds(5000)}});
  EXPECT_EQ(result.durable.max(), 5000);
  EXPECT_EQ(result.row_delay.max(), 4000);
}

TEST(Times, OfARunThatIsNotSettledNoRowIsTimed) {
  const auto result = recorded({{.user = UserId{1}, .durable_at = nanoseconds(5000)}}, false);
  EXPECT_EQ(result.durable.count() + result.row_delay.count(), 0);
}

}  // namespace
}  // namespace couponctl::race
