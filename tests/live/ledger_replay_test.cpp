// What becomes of failed events when they are tried again.
#include <atomic>
#include <thread>

#include "ledger/failed_events.h"
#include "live/ledger_fixture.h"

namespace couponctl::ledger {
namespace {

constexpr std::int64_t attempts_max = 3;

class LedgerReplay : public live::LedgerTest {
 protected:
  std::int64_t only_event() const { return database_.integer("SELECT id FROM failed_event"); }

  mysql::Row state(std::int64_t id) const {
    return database_
        .rows(fmt::format("SELECT status, attempts, class FROM failed_event WHERE id = {}", id))
        .at(0);
  }

  mysql::Connection connection_ = session();
};

TEST_F(LedgerReplay, IssuesWhatFindsRoomNowAndKeepsItsFirstCause) {
  const auto opened = campaign();
  ASSERT_TRUE(writer().write(batch(0, users(1, 11))));
  ASSERT_TRUE(set_quota(connection_, opened, 11));
  const auto id = only_event();
  EXPECT_EQ(*replay(connection_, id, attempts_max), Replayed::issued);
  EXPECT_EQ(state(id), (mysql::Row{"done", "1", "OVER_QUOTA"}));
  EXPECT_EQ(database_.integer("SELECT slot FROM coupon WHERE user_id = 11"), 11);
  EXPECT_EQ(*replay(connection_, id, attempts_max), Replayed::taken_by_another) << "it is done";
  EXPECT_EQ(coupons(), 11);
}

TEST_F(LedgerReplay, GivesUpAfterAsManyAttemptsAsAllowed) {
  campaign();
  ASSERT_TRUE(writer().write(batch(0, users(1, 11))));
  const auto id = only_event();
  EXPECT_EQ(*replay(connection_, id, attempts_max), Replayed::still_failing);
  EXPECT_EQ(*replay(connection_, id, attempts_max), Replayed::still_failing);
  EXPECT_EQ(state(id), (mysql::Row{"new", "2", "OVER_QUOTA"}));
  EXPECT_EQ(*replay(connection_, id, attempts_max), Replayed::rejected);
  EXPECT_EQ(state(id), (mysql::Row{"rejected", "3", "OVER_QUOTA"}));
}

TEST_F(LedgerReplay, KnowsWhoHoldsACouponByNow) {
  auto early = message(0, 1);
  early.epoch = std::nullopt;
  auto ledger = writer();
  ASSERT_TRUE(ledger.write(batch({early})));
  campaign();
  ASSERT_TRUE(ledger.write(batch(1, {1})));
  EXPECT_EQ(*replay(connection_, only_event(), attempts_max), Replayed::duplicate);
  EXPECT_EQ(state(only_event()), (mysql::Row{"done", "1", "UNKNOWN_CAMPAIGN"}));
}

TEST_F(LedgerReplay, IssuesOnceTheCampaignExists) {
  ASSERT_TRUE(writer().write(batch(0, {1})));
  EXPECT_EQ(*replay(connection_, only_event(), attempts_max), Replayed::still_failing);
  campaign();
  EXPECT_EQ(*replay(connection_, only_event(), attempts_max), Replayed::issued);
}

TEST_F(LedgerReplay, RejectsWhatBelongsToAPastRound) {
  const auto opened = campaign();
  ASSERT_TRUE(writer().write(batch(0, users(1, 10))));
  auto foreign = message(10, 11);
  foreign.epoch = std::nullopt;  // judged by epoch 1, and so it stays
  ASSERT_TRUE(writer().write(batch({foreign})));
  ASSERT_TRUE(begin_next(connection_, opened));
  EXPECT_EQ(*replay(connection_, only_event(), attempts_max), Replayed::rejected);
  EXPECT_EQ(state(only_event()), (mysql::Row{"rejected", "1", "OVER_QUOTA"}));
  EXPECT_EQ(coupons(), 10);
}

TEST_F(LedgerReplay, TriesARejectedRowAgain) {
  campaign();
  ASSERT_TRUE(writer().write(batch(0, {-1})));
  EXPECT_EQ(*replay(connection_, only_event(), attempts_max), Replayed::still_failing);
  EXPECT_EQ(database_.by_hand("ALTER TABLE coupon DROP CONSTRAINT coupon_user"), 0);
  EXPECT_EQ(*replay(connection_, only_event(), attempts_max), Replayed::issued);
}

TEST_F(LedgerReplay, NeverTriesPoison) {
  auto poison = message(0, 1);
  poison.failed = FailureClass::poison;
  ASSERT_TRUE(writer().write(batch({poison})));
  EXPECT_TRUE(replayable(connection_, {})->empty());
  EXPECT_EQ(*replay(connection_, only_event(), attempts_max), Replayed::taken_by_another);
  EXPECT_EQ(state(only_event()), (mysql::Row{"rejected", "0", "POISON"}));
}

TEST_F(LedgerReplay, PassesOverAnEventThatAnotherReplayerHolds) {
  campaign();
  ASSERT_TRUE(writer().write(batch(0, users(1, 11))));
  auto other = database_.connect();
  ASSERT_TRUE(other.execute("START TRANSACTION"));
  ASSERT_TRUE(other.query("SELECT * FROM failed_event FOR UPDATE"));
  EXPECT_EQ(*replay(connection_, only_event(), attempts_max), Replayed::taken_by_another);
}

TEST_F(LedgerReplay, TwoReplayersAtOnceIssueEachEventOnce) {
  const auto opened = campaign();
  ASSERT_TRUE(writer().write(batch(0, users(1, 110))));
  ASSERT_TRUE(set_quota(connection_, opened, 70));
  const auto ids = *replayable(connection_, {});
  ASSERT_EQ(ids.size(), 100U);
  std::atomic<int> issued = 0;
  {
    std::vector<std::jthread> replayers;
    replayers.reserve(2);
    for (int i = 0; i < 2; ++i)
      replayers.emplace_back([&] {
        auto connection = session();
        for (const auto id : ids) {
          const auto replayed = replay(connection, id, 1);
          ASSERT_TRUE(replayed) << replayed.error().text;
          if (*replayed == Replayed::issued) ++issued;
        }
      });
  }
  EXPECT_EQ(issued, 60);
  EXPECT_EQ(coupons(), 70);
  EXPECT_EQ(database_.integer("SELECT COUNT(*) FROM failed_event WHERE status = 'done'"), 60);
  EXPECT_EQ(database_.integer("SELECT COUNT(*) FROM failed_event WHERE status = 'rejected'"), 40);
  EXPECT_EQ(database_.integer("SELECT MAX(attempts) FROM failed_event"), 1);
}

TEST_F(LedgerReplay, FiltersByClassCampaignUserAndLimit) {
  campaign();
  auto nowhere = message(12, 50);
  nowhere.campaign = "nowhere";
  auto all = batch(0, users(1, 12));
  all.messages.push_back(nowhere);
  all.ranges[0].end = 13;
  ASSERT_TRUE(writer().write(all));
  const auto found = [&](const FailedFilter& filter) {
    std::int64_t events = 0;
    const auto by_class = *histogram(connection_, filter);
    for (const auto& [failure, count] : by_class) events += count;
    EXPECT_EQ(replayable(connection_, filter)->size(), static_cast<std::size_t>(events));
    return events;
  };
  EXPECT_EQ(*histogram(connection_, {}),
            (std::map<FailureClass, std::int64_t>{{FailureClass::over_quota, 2},
                                                  {FailureClass::unknown_campaign, 1}}));
  EXPECT_EQ(found({.failure = FailureClass::over_quota}), 2);
  EXPECT_EQ(found({.failure = FailureClass::rejected_row}), 0);
  EXPECT_EQ(found({.campaign = "nowhere"}), 1);
  EXPECT_EQ(found({.user = core::UserId{12}}), 1);
  EXPECT_EQ(found({.limit = 2}), 2);
}

}  // namespace
}  // namespace couponctl::ledger
