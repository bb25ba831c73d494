// What one batch leaves behind in the tables, whatever is in it.
#include "ledger/ledger.h"

#include "live/ledger_fixture.h"

namespace couponctl::ledger {
namespace {

using Failed = std::map<FailureClass, std::int64_t>;

// The server's numbers for what it refuses.
constexpr int duplicate_key = 1062;
constexpr int no_parent = 1452;
constexpr int check_mariadb = 4025;

class LedgerWrite : public live::LedgerTest {};

std::string insert(std::int64_t campaign, std::int64_t cap, std::int64_t slot, std::int64_t user) {
  return fmt::format(
      "INSERT INTO coupon (campaign_id, epoch, cap, slot, user_id) VALUES ({}, 1, {}, {}, {})",
      campaign, cap, slot, user);
}

TEST_F(LedgerWrite, GivesEveryUserOneSlotAndAdvances) {
  campaign();
  auto ledger = writer();
  const auto written = ledger.write(batch(0, {30, 10, 20}));
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(written->issued, 3);
  EXPECT_TRUE(written->conflicts.empty());
  EXPECT_EQ(database_.integer("SELECT SUM(slot) FROM coupon WHERE user_id = seq"), 1 + 2 + 3);
  EXPECT_EQ(ledger.progress()->at(0), 3);
  EXPECT_EQ(ledger.progress()->at(1), 0);
}

TEST_F(LedgerWrite, BeginsAPartitionOnce) {
  auto ledger = writer();
  ASSERT_TRUE(ledger.begin_partition(7, 100));
  ASSERT_TRUE(ledger.begin_partition(7, 5));
  EXPECT_EQ(ledger.progress()->at(7), 100);
}

TEST_F(LedgerWrite, ReportsABatchThatHadLandedAndWritesNothing) {
  campaign();
  auto ledger = writer();
  ASSERT_TRUE(ledger.write(batch(0, {1, 2})));
  const auto again = ledger.write(batch(0, {1, 2}));
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_EQ(again->conflicts, (std::map<std::int32_t, std::int64_t>{{0, 2}}));
  EXPECT_EQ(again->issued + again->duplicate, 0);
  EXPECT_EQ(coupons(), 2);
}

TEST_F(LedgerWrite, WritesNothingThatOverlapsOrSkips) {
  campaign();
  auto ledger = writer();
  ASSERT_TRUE(ledger.write(batch(0, {1, 2, 3})));
  for (const std::int64_t begin : {0, 2, 4}) {
    const auto written = ledger.write(batch(begin, {4, 5}));
    ASSERT_TRUE(written) << written.error().text;
    EXPECT_EQ(written->conflicts, (std::map<std::int32_t, std::int64_t>{{0, 3}})) << begin;
  }
  EXPECT_EQ(coupons(), 3);
  EXPECT_EQ(ledger.progress()->at(0), 3);
}

TEST_F(LedgerWrite, WritesNoPartitionIfOneIsElsewhere) {
  campaign();
  auto ledger = writer();
  ASSERT_TRUE(ledger.begin_partition(2, 50));
  auto mixed = batch(0, {1, 2});
  mixed.ranges.push_back({2, 40, 41});
  mixed.messages.push_back(message(40, 3, 2));
  const auto written = ledger.write(mixed);
  ASSERT_TRUE(written);
  EXPECT_EQ(written->conflicts, (std::map<std::int32_t, std::int64_t>{{2, 50}}));
  EXPECT_EQ(coupons(), 0);
  EXPECT_EQ(ledger.progress()->at(0), 0);
}

TEST_F(LedgerWrite, SaysThatAPartitionNeverBegan) {
  auto ledger = writer();
  EXPECT_FALSE(ledger.write(batch(0, {1}, 9)));
}

TEST_F(LedgerWrite, AdvancesOverOffsetsWithoutMessages) {
  auto ledger = writer();
  ASSERT_TRUE(ledger.write({{{0, 0, 5}, {1, 0, 0}}, {}}));
  EXPECT_EQ(ledger.progress()->at(0), 5);
}

TEST_F(LedgerWrite, GivesAUserASecondTimeNothing) {
  campaign();
  auto ledger = writer();
  ASSERT_TRUE(ledger.write(batch(0, {1, 2, 3})));
  const auto written = ledger.write(batch(3, {2, 4, 4, 1, 5}));
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(written->issued, 2);
  EXPECT_EQ(written->duplicate, 3);
  EXPECT_EQ(coupons(), 5);
}

TEST_F(LedgerWrite, KeepsWhoIsOverTheQuotaInTheOrderOfArrival) {
  campaign();
  auto ledger = writer();
  ASSERT_TRUE(ledger.write(batch(0, users(1, 8))));
  const auto written = ledger.write(batch(8, {99, 3, 50, 70, 60}));
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(written->issued, 2);
  EXPECT_EQ(written->duplicate, 1);
  EXPECT_EQ(written->failed, (Failed{{FailureClass::over_quota, 2}}));
  EXPECT_EQ(database_.integer("SELECT COUNT(*) FROM coupon WHERE user_id IN (99, 50)"), 2);
  const auto kept = database_.rows(
      "SELECT off, user_id, class, status, epoch, campaign, attempts FROM failed_event ORDER BY "
      "id");
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept[0], (mysql::Row{"11", "70", "OVER_QUOTA", "new", "1", "default", "0"}));
  EXPECT_EQ(kept[1], (mysql::Row{"12", "60", "OVER_QUOTA", "new", "1", "default", "0"}));
}

TEST_F(LedgerWrite, GoesOnWhenTheCampaignIsFull) {
  campaign();
  auto ledger = writer();
  ASSERT_TRUE(ledger.write(batch(0, users(1, 10))));
  for (int round = 0; round < 3; ++round) {
    const auto written = ledger.write(batch(10 + 2 * round, {5, 100 + round}));
    ASSERT_TRUE(written);
    EXPECT_EQ(written->duplicate, 1);
    EXPECT_EQ(written->failed, (Failed{{FailureClass::over_quota, 1}}));
  }
  EXPECT_EQ(coupons(), quota);
}

TEST_F(LedgerWrite, TheDatabaseRefusesWhatIsTypedInByHand) {
  const auto id = campaign().id;
  auto ledger = writer();
  ASSERT_TRUE(ledger.write(batch(0, {1})));
  EXPECT_EQ(database_.by_hand(insert(id, quota, quota + 1, 2)), check_mariadb);
  EXPECT_EQ(database_.by_hand(insert(id, quota, 0, 2)), check_mariadb);
  EXPECT_EQ(database_.by_hand(insert(id, quota, 2, -2)), check_mariadb);
  EXPECT_EQ(database_.by_hand(insert(id, quota, 1, 2)), duplicate_key);
  EXPECT_EQ(database_.by_hand(insert(id, quota, 2, 1)), duplicate_key);
  EXPECT_EQ(database_.by_hand(insert(id, quota + 1, quota + 1, 2)), no_parent);
  EXPECT_EQ(database_.by_hand("UPDATE campaign SET quota = 11"), 1451);
  EXPECT_EQ(database_.by_hand(insert(id, quota, 2, 2)), 0) << "this one is right";
}

TEST_F(LedgerWrite, FillsTheGapsThatAHandTypedRowLeaves) {
  const auto id = campaign().id;
  auto ledger = writer();
  ASSERT_EQ(database_.by_hand(insert(id, quota, 7, 1000)), 0);
  ASSERT_EQ(ledger.write(batch(0, {1, 2}))->issued, 2);  // 8, 9
  const auto written = ledger.write(batch(2, users(3, 12)));
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(written->issued, 7);
  EXPECT_EQ(written->failed, (Failed{{FailureClass::over_quota, 3}}));
  EXPECT_EQ(coupons(), quota);
  EXPECT_EQ(database_.integer("SELECT SUM(slot) FROM coupon"), 55);
}

TEST_F(LedgerWrite, FindsASlotThatWasFreedWhileItWasNotFull) {
  campaign();
  auto ledger = writer();
  ASSERT_TRUE(ledger.write(batch(0, users(1, 10))));
  ASSERT_EQ(database_.by_hand("DELETE FROM coupon WHERE slot = 4"), 0);
  EXPECT_EQ(ledger.write(batch(10, {77}))->issued, 1);
  EXPECT_EQ(database_.integer("SELECT slot FROM coupon WHERE user_id = 77"), 4);
}

TEST_F(LedgerWrite, KeepsPoisonWithWhatCanBeKnownOfIt) {
  campaign();
  auto ledger = writer();
  const std::string large(100'000, 'x');
  auto poison = message(1, 666);
  poison.failed = FailureClass::poison;
  poison.payload = std::string_view("a'\0\xff", 4);
  auto tombstone = message(2, 666);
  tombstone.failed = FailureClass::poison;
  auto long_one = message(3, 666);
  long_one.failed = FailureClass::poison;
  long_one.payload = large;
  const auto written = ledger.write(batch({message(0, 1), poison, tombstone, long_one}));
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(written->issued, 1);
  EXPECT_EQ(written->failed, (Failed{{FailureClass::poison, 3}}));
  const auto kept = database_.rows(
      "SELECT off, HEX(payload), length, sha256 = UNHEX(SHA2(payload, 256)) FROM failed_event "
      "WHERE class = 'POISON' AND status = 'rejected' AND user_id IS NULL ORDER BY id");
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[0], (mysql::Row{"1", "612700FF", "4", "1"}));
  EXPECT_EQ(kept[1], (mysql::Row{"2", std::nullopt, "-1", std::nullopt}));
  EXPECT_EQ(kept[2][2], "100000");
  EXPECT_EQ(database_.integer("SELECT LENGTH(payload) FROM failed_event WHERE off = 3"), 1024);
  EXPECT_EQ(database_.integer("SELECT sha256 = UNHEX(SHA2(REPEAT('x', 100000), 256)) "
                              "FROM failed_event WHERE off = 3"),
            1);
}

TEST_F(LedgerWrite, TakesABatchOfNothingButLargePoison) {
  const std::string payload(5000, '\xff');
  std::vector<Message> messages;
  for (int offset = 0; offset < 1000; ++offset) {
    messages.push_back(message(offset, 0));
    messages.back().failed = FailureClass::poison;
    messages.back().payload = payload;
  }
  auto ledger = writer();
  const auto written = ledger.write(batch(messages));
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(database_.integer("SELECT COUNT(*) FROM failed_event"), 1000);
}

// As if the topic had been made anew, and somebody had set the progress back.
TEST_F(LedgerWrite, RefusesAnOffsetThatFailedBeforeWithAnotherMessage) {
  auto ledger = writer();
  auto before = message(0, 7);
  before.payload = "12345678";
  ASSERT_EQ(ledger.write(batch({before}))->failed, (Failed{{FailureClass::unknown_campaign, 1}}));
  campaign();
  auto other_bytes = before;
  other_bytes.payload = "12345679";
  auto other_seq = before;
  other_seq.seq = 99;
  auto tombstone = before;
  tombstone.payload = std::nullopt;
  for (auto other : {other_bytes, other_seq, tombstone}) {
    other.failed = other.seq == before.seq ? std::optional(FailureClass::poison) : std::nullopt;
    other.campaign = other.failed ? other.campaign : "nobody-knows";
    ASSERT_EQ(database_.by_hand("UPDATE kafka_progress SET next_off = 0"), 0);
    const auto written = ledger.write(batch({other, message(1, 1)}));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().fault, core::Fault::invalid) << written.error().text;
    EXPECT_EQ(coupons(), 0);
    EXPECT_EQ(database_.integer("SELECT SUM(next_off) FROM kafka_progress"), 0);
  }
  EXPECT_EQ(database_.integer("SELECT COUNT(*) FROM failed_event"), 1);
}

TEST_F(LedgerWrite, KeepsAFailedEventThatIsReadAgainAsItIs) {
  campaign();
  auto ledger = writer();
  auto poison = message(0, 0);
  poison.failed = FailureClass::poison;
  poison.payload = "x";
  ASSERT_TRUE(ledger.write(batch({poison})));
  ASSERT_EQ(database_.by_hand("UPDATE failed_event SET attempts = 3"), 0);
  ASSERT_EQ(database_.by_hand("UPDATE kafka_progress SET next_off = 0"), 0);
  auto next = poison;
  next.offset = 1;
  const auto written = ledger.write(batch({poison, next, message(2, 1)}));
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(coupons(), 1);
  EXPECT_EQ(database_.integer("SELECT COUNT(*) FROM failed_event"), 2);
  EXPECT_EQ(database_.integer("SELECT SUM(attempts) FROM failed_event"), 3);
}

TEST_F(LedgerWrite, KeepsUnknownCampaignsUntilThereIsOne) {
  auto ledger = writer();
  auto foreign = message(0, 1);
  foreign.epoch = std::nullopt;
  ASSERT_EQ(ledger.write(batch({foreign}))->failed, (Failed{{FailureClass::unknown_campaign, 1}}));
  EXPECT_EQ(database_.integer("SELECT COUNT(*) FROM failed_event WHERE class = "
                              "'UNKNOWN_CAMPAIGN' AND status = 'new' AND epoch IS NULL AND "
                              "campaign_id IS NULL AND user_id = 1"),
            1);
  campaign();
  EXPECT_EQ(ledger.write(batch(1, {1}))->issued, 1);
}

TEST_F(LedgerWrite, KnowsAnotherEpochsHolderFromAStranger) {
  const auto first = campaign();
  auto ledger = writer();
  ASSERT_TRUE(ledger.write(batch(0, {1, 2})));
  auto connection = session();
  ASSERT_TRUE(begin_next(connection, first));

  auto foreign = message(5, 1);
  foreign.epoch = std::nullopt;  // the new round: this user may have another
  auto future = message(6, 8);
  future.epoch = 3;
  const auto written =
      ledger.write(batch({message(2, 1), message(3, 2), message(4, 9), foreign, future}));
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(written->duplicate, 2);
  EXPECT_EQ(written->issued, 1);
  EXPECT_EQ(written->failed,
            (Failed{{FailureClass::stale_epoch, 1}, {FailureClass::unknown_campaign, 1}}));
  EXPECT_EQ(written->unknown, std::set<std::string>{"default"});
  EXPECT_EQ(database_.integer("SELECT user_id FROM coupon WHERE epoch = 2 AND slot = 1"), 1);
  EXPECT_EQ(database_.rows("SELECT off, epoch, user_id FROM failed_event WHERE class = "
                           "'STALE_EPOCH' AND status = 'rejected'"),
            (std::vector<mysql::Row>{{"4", "1", "9"}}));
  EXPECT_EQ(database_.rows("SELECT off, epoch, user_id FROM failed_event WHERE class = "
                           "'UNKNOWN_CAMPAIGN' AND status = 'new'"),
            (std::vector<mysql::Row>{{"6", "3", "8"}}));
}

TEST_F(LedgerWrite, SinglesOutTheRowThatTheDatabaseRejects) {
  campaign("default", 100);
  auto ledger = writer();
  auto list = users(1, 40);
  list[16] = -17;
  list[30] = -31;
  const auto written = ledger.write(batch(0, list));
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(written->issued, 38);
  EXPECT_EQ(written->failed, (Failed{{FailureClass::rejected_row, 2}}));
  EXPECT_EQ(database_.rows("SELECT off, user_id, errno, status FROM failed_event ORDER BY off"),
            (std::vector<mysql::Row>{{"16", "-17", "4025", "new"}, {"30", "-31", "4025", "new"}}));
  EXPECT_EQ(database_.integer("SELECT MAX(slot) FROM coupon"), 38) << "no slot was wasted";
}

TEST_F(LedgerWrite, SinglesOutARejectedRowAmongDuplicatesOfAFullCampaign) {
  campaign();
  auto ledger = writer();
  ASSERT_TRUE(ledger.write(batch(0, users(1, 8))));
  const auto written = ledger.write(batch(8, {1, -5, 2, 20, 21}));
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(written->duplicate, 2);
  EXPECT_EQ(written->failed.at(FailureClass::rejected_row), 1);
  EXPECT_LE(coupons(), quota);
}

TEST_F(LedgerWrite, WritesSeveralCampaignsAtOnce) {
  campaign();
  campaign("other", 1);
  auto ledger = writer();
  auto first = message(1, 1);
  auto second = message(2, 2);
  first.campaign = second.campaign = "other";
  const auto written = ledger.write(batch({message(0, 1), first, second}));
  ASSERT_TRUE(written);
  EXPECT_EQ(written->issued, 2);
  EXPECT_EQ(written->failed, (Failed{{FailureClass::over_quota, 1}}));
}

TEST_F(LedgerWrite, CarriesTheLargestNumbers) {
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  campaign("default", 1'000'000'000);
  auto ledger = writer();
  ASSERT_TRUE(ledger.begin_partition(3, largest - 2));
  const auto written = ledger.write(batch(largest - 2, {largest, 0}, 3));
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(database_.integer("SELECT COUNT(*) FROM coupon WHERE user_id = 9223372036854775807"),
            1);
}

TEST_F(LedgerWrite, WritesABatchLargerThanOneStatement) {
  campaign("default", 30'000);
  auto ledger = writer();
  auto list = users(1, 25'000);
  list.push_back(1);
  const auto written = ledger.write(batch(0, list));
  ASSERT_TRUE(written) << written.error().text;
  EXPECT_EQ(written->issued, 25'000);
  EXPECT_EQ(written->duplicate, 1);
  EXPECT_EQ(database_.integer("SELECT MAX(slot) FROM coupon"), 25'000);
}

}  // namespace
}  // namespace couponctl::ledger
