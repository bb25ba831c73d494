// How campaigns come about and change while coupons point at them.
#include "ledger/campaigns.h"

#include "core/failure.h"
#include "live/ledger_fixture.h"
#include "mysql/errors.h"

namespace couponctl::ledger {
namespace {

using core::Fault;

class LedgerCampaigns : public live::LedgerTest {
 protected:
  mysql::Connection connection_ = session();
};

TEST_F(LedgerCampaigns, AreFoundAsTheyWereCreated) {
  const auto created = *create_campaign(
      connection_, {.name = "summer-1", .state = State::open, .quota = 5, .window = {1000, 2000}});
  const auto found = *find_campaign(connection_, "summer-1");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, created.id);
  EXPECT_EQ(found->epoch, 1);
  EXPECT_EQ(found->state, State::open);
  EXPECT_EQ(found->quota, 5);
  EXPECT_EQ(found->window, (core::Window{1000, 2000}));
  EXPECT_FALSE(*find_campaign(connection_, "Summer-1"));
  EXPECT_FALSE(*find_campaign(connection_, "x' OR '1'='1"));
}

TEST_F(LedgerCampaigns, AreCreatedOnce) {
  campaign();
  const auto again = create_campaign(connection_, {.name = "default", .quota = 5});
  EXPECT_TRUE(mysql::is(again.error(), 1062));
}

TEST_F(LedgerCampaigns, HaveAQuotaWithinItsBounds) {
  for (const std::int64_t wrong : {-1, 0, 1'000'000'001})
    EXPECT_FALSE(create_campaign(connection_, {.name = "default", .quota = wrong})) << wrong;
  EXPECT_TRUE(create_campaign(connection_, {.name = "default", .quota = 1'000'000'000}));
}

TEST_F(LedgerCampaigns, AreListedInTheirCurrentEpoch) {
  const auto first = campaign("b");
  campaign("a");
  ASSERT_TRUE(begin_next(connection_, first));
  const auto all = *list_campaigns(connection_);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_EQ(all[1].name, "b");
  EXPECT_EQ(all[1].epoch, 2);
}

TEST_F(LedgerCampaigns, ChangeTheirState) {
  const auto opened = campaign();
  ASSERT_TRUE(set_state(connection_, opened, State::closed));
  EXPECT_EQ((*find_campaign(connection_, "default"))->state, State::closed);
}

TEST_F(LedgerCampaigns, BeginAnEpochOnceAndFresh) {
  const auto first = campaign();
  const auto second = begin_next(connection_, first);
  ASSERT_TRUE(second) << second.error().text;
  EXPECT_EQ(second->epoch, 2);
  EXPECT_EQ(second->id, first.id);
  EXPECT_EQ(second->quota, first.quota);
  EXPECT_EQ((*find_campaign(connection_, "default"))->state, State::fresh);
  EXPECT_EQ(begin_next(connection_, first).error().fault, Fault::invalid);
}

TEST_F(LedgerCampaigns, ARaisedQuotaLetsMoreInAndStillRefusesTheNext) {
  const auto opened = campaign();
  auto ledger = writer();
  ASSERT_EQ(ledger.write(batch(0, users(1, 12)))->issued, 10);
  const auto raised = set_quota(connection_, opened, 12);
  ASSERT_TRUE(raised) << raised.error().text;
  EXPECT_EQ(ledger.write(batch(12, users(20, 25)))->issued, 2);
  EXPECT_EQ(database_.integer("SELECT COUNT(*) FROM coupon WHERE cap = 12"), 12);
  EXPECT_EQ(database_.by_hand(fmt::format("INSERT INTO coupon (campaign_id, epoch, cap, slot, "
                                          "user_id) VALUES ({}, 1, 12, 13, 99)",
                                          opened.id)),
            4025);
}

TEST_F(LedgerCampaigns, ALoweredQuotaStopsAtTheLargestSlot) {
  const auto opened = campaign();
  auto ledger = writer();
  ASSERT_TRUE(ledger.write(batch(0, users(1, 4))));
  const auto too_low = set_quota(connection_, opened, 3);
  ASSERT_FALSE(too_low);
  EXPECT_EQ(too_low.error().fault, Fault::invalid);
  EXPECT_EQ((*find_campaign(connection_, "default"))->quota, 10);
  ASSERT_TRUE(set_quota(connection_, opened, 4));
  ASSERT_TRUE(set_quota(connection_, opened, 4)) << "the same again is no change";
  EXPECT_EQ(ledger.write(batch(4, {50}))->failed.at(FailureClass::over_quota), 1);
}

TEST_F(LedgerCampaigns, AQuotaChangeLeavesForeignKeysOn) {
  const auto opened = campaign();
  ASSERT_TRUE(set_quota(connection_, opened, 20));
  ASSERT_FALSE(set_quota(connection_, opened, -1)) << "refused by the CHECK";
  EXPECT_EQ(*connection_.query_integer("SELECT @@SESSION.foreign_key_checks"), 1);
  EXPECT_EQ((*find_campaign(connection_, "default"))->quota, 20);
}

TEST_F(LedgerCampaigns, AQuotaChangeMovesMoreRowsThanOneStatementTakes) {
  const auto opened = campaign("default", 45'000);
  auto ledger = writer();
  ASSERT_EQ(ledger.write(batch(0, users(1, 40'000)))->issued, 40'000);
  ASSERT_TRUE(set_quota(connection_, opened, 40'000));
  EXPECT_EQ(database_.integer("SELECT COUNT(*) FROM coupon WHERE cap = 40000"), 40'000);
}

TEST_F(LedgerCampaigns, CountWhatBecameOfTheMessages) {
  const auto opened = campaign();
  campaign("other");
  auto ledger = writer();
  auto stale = message(12, 99);
  stale.epoch = 0;
  auto all = batch(0, users(1, 12));
  all.messages.push_back(stale);
  all.ranges[0].end = 13;
  ASSERT_TRUE(ledger.write(all));
  const auto counts = count(connection_, opened);
  ASSERT_TRUE(counts) << counts.error().text;
  EXPECT_EQ(counts->coupons, 10);
  EXPECT_EQ(counts->failed_new, 2);
  EXPECT_EQ(counts->failed_rejected, 1);
  EXPECT_EQ(counts->failed_done, 0);
  const auto none = count(connection_, **find_campaign(connection_, "other"));
  EXPECT_EQ(none->coupons + none->failed_new + none->failed_rejected, 0);
}

TEST_F(LedgerCampaigns, TheAdminLockKeepsASecondCommandOut) {
  auto other = session();
  const std::string longest(32, 'x');
  {
    const AdminLock lock(connection_, longest);
    EXPECT_THROW(AdminLock(other, longest), core::Failure);
    EXPECT_NO_THROW(AdminLock(other, "another"));
  }
  EXPECT_NO_THROW(AdminLock(other, longest));
}

TEST_F(LedgerCampaigns, TheAdminLockIsOfItsDatabaseAlone) {
  const live::Database elsewhere;
  auto other = elsewhere.connect();
  const AdminLock lock(connection_, "default");
  EXPECT_NO_THROW(AdminLock(other, "default"));
}

}  // namespace
}  // namespace couponctl::ledger
