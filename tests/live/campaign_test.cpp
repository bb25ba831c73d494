// Does `campaign` keep database and Redis in step, whatever it finds there?
#include <gtest/gtest.h>

#include "live/product.h"

namespace couponctl {
namespace {

class Campaign : public live::Product {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(migrate()); }

  std::string row() {
    const auto rows = database().query(
        "SELECT CONCAT(state, ' ', epoch, ' ', quota) FROM campaign "
        "ORDER BY id, epoch DESC LIMIT 1");
    return rows && !rows->empty() ? rows->front().front().value_or("") : "none";
  }
  void expect_exit(int code, const std::string& words_in_error, std::vector<std::string> words) {
    const auto finished = run(std::move(words));
    EXPECT_EQ(finished.code, code) << finished.err;
    EXPECT_NE(finished.err.find(words_in_error), std::string::npos) << finished.err;
  }
};

TEST_F(Campaign, OpensInBothStores) {
  const auto opened = json({"campaign", "open", "summer", "--quota", "3", "--opens-at",
                            "2026-01-01T10:00:00+09:00", "--outbox-max", "50"});
  EXPECT_EQ(opened.at("state"), "open");
  EXPECT_EQ(opened.at("quota"), 3);
  EXPECT_EQ(opened.at("opens_at"), "2026-01-01T01:00:00Z");
  EXPECT_TRUE(opened.at("closes_at").is_null());
  EXPECT_EQ(row(), "open 1 3");
  EXPECT_EQ(field("summer", "state"), "open");
  EXPECT_EQ(field("summer", "quota"), "3");
  EXPECT_EQ(field("summer", "opens_at"), "1767229200000");
  EXPECT_EQ(field("summer", "closes_at"), "0");
  EXPECT_EQ(field("summer", "outbox_max"), "50");
  EXPECT_EQ(admit("summer", 1, 5), 3);
}

TEST_F(Campaign, OpensTheDefaultWithAQuotaOf100) {
  ASSERT_EQ(run({"campaign", "open"}).code, 0);
  EXPECT_EQ(field("default", "quota"), "100");
  EXPECT_EQ(field("default", "outbox_max"), "100000");
}

TEST_F(Campaign, IsNotOpenedTwice) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  EXPECT_EQ(admit("summer", 1, 2), 2);
  expect_exit(0, "was open already", {"campaign", "open", "summer", "--quota", "3"});
  expect_exit(0, "was open already", {"campaign", "open", "summer"});
  EXPECT_EQ(admit("summer", 1, 5), 1);
}

TEST_F(Campaign, RefusesOtherTermsByName) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  expect_exit(2, "quota is 3, not 4", {"campaign", "open", "summer", "--quota", "4"});
  expect_exit(2, "closes-at is not set, not 2030-01-01T00:00:00Z",
              {"campaign", "open", "summer", "--closes-at", "2030-01-01T00:00:00Z"});
  expect_exit(2, "outbox-max is 100000, not 7",
              {"campaign", "open", "summer", "--outbox-max", "7"});
  EXPECT_EQ(row(), "open 1 3");
}

TEST_F(Campaign, ClosesAndOpensAgain) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  EXPECT_EQ(admit("summer", 1, 1), 1);
  expect_exit(0, "is closed", {"campaign", "close", "summer"});
  EXPECT_EQ(row(), "closed 1 3");
  EXPECT_EQ(admit("summer", 2, 1), 0);
  expect_exit(0, "was closed already", {"campaign", "close", "summer"});
  expect_exit(0, "is open again", {"campaign", "open", "summer"});
  EXPECT_EQ(admit("summer", 1, 5), 2) << "it remembers the first";
}

// Each state that a kill between two steps of `open` leaves behind.
TEST_F(Campaign, OpenGoesOnWhereItWasKilled) {
  ASSERT_TRUE(database().execute(
      "INSERT INTO campaign (epoch, name, state, quota) VALUES (1, 'summer', 'fresh', 3)"));
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  for (const auto* database_state : {"fresh", "closed", "open"}) {
    ASSERT_TRUE(redis().command({"HSET", "coupon:{summer}:meta", "state", "closed"}));
    ASSERT_TRUE(database().execute(std::string("UPDATE campaign SET state = '") + database_state +
                                   "' WHERE name = 'summer'"));
    ASSERT_NO_FATAL_FAILURE(open("summer", 3));
    EXPECT_EQ(row(), "open 1 3");
    EXPECT_EQ(field("summer", "state"), "open");
  }
}

TEST_F(Campaign, CloseGoesOnWhereItWasKilled) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  ASSERT_TRUE(redis().command({"HSET", "coupon:{summer}:meta", "state", "closed"}));
  expect_exit(0, "is closed", {"campaign", "close", "summer"});
  EXPECT_EQ(row(), "closed 1 3");
}

TEST_F(Campaign, IsNeverOpenedFromNothingWhenRedisForgot) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  ASSERT_TRUE(redis().command({"FLUSHDB"}));
  for (const auto* verb : {"open", "close"})
    expect_exit(3, "couponctl recover --campaign summer", {"campaign", verb, "summer"});
  expect_exit(3, "couponctl recover", {"campaign", "set-quota", "9", "--campaign", "summer"});
  EXPECT_EQ(field("summer", "state"), "");
}

// Its users may all be on the topic still: that there is no coupon yet proves nothing.
TEST_F(Campaign, IsNotOpenedFromNothingWhenItWasOpenBeforeAndNoCouponIsThereYet) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  ASSERT_EQ(admit("summer", 1, 3), 3);
  ASSERT_EQ(run({"campaign", "close", "summer"}).code, 0);
  ASSERT_TRUE(redis().command({"FLUSHDB"}));
  expect_exit(3, "couponctl recover --campaign summer", {"campaign", "open", "summer"});
}

TEST_F(Campaign, IsNotOpenedFromNothingWhenThereAreCoupons) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  EXPECT_EQ(write("summer", 1, 2).issued, 2);
  ASSERT_EQ(run({"campaign", "close", "summer"}).code, 0);
  ASSERT_TRUE(redis().command({"FLUSHDB"}));
  expect_exit(3, "couponctl recover --campaign summer", {"campaign", "open", "summer"});
}

TEST_F(Campaign, IsNotOpenedOverWhatIsLeftInRedis) {
  ASSERT_TRUE(redis().command({"HSET", "coupon:{summer}:users", "1", "1|1-0"}));
  expect_exit(3, "couponctl recover", {"campaign", "open", "summer"});
  EXPECT_EQ(field("summer", "state"), "");
}

TEST_F(Campaign, IsFencedAfterRedisWasRestarted) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  ASSERT_TRUE(redis().command({"HSET", "coupon:{summer}:meta", "run_id", "another"}));
  expect_exit(3, "couponctl recover --campaign summer", {"campaign", "open", "summer"});
  EXPECT_EQ(json({"campaign", "show", "summer"}).at("state"), "fenced");
  expect_exit(0, "is closed", {"campaign", "close", "summer"});
}

TEST_F(Campaign, OfAnotherDatabaseIsRefused) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  ASSERT_TRUE(database().execute("DELETE FROM campaign"));
  for (const auto& words : std::vector<std::vector<std::string>>{{"campaign", "open"},
                                                                 {"campaign", "close"},
                                                                 {"campaign", "show"},
                                                                 {"campaign", "set-quota", "4"},
                                                                 {"status"},
                                                                 {"recover", "--drain", "0s"}}) {
    auto line = words;
    line.insert(line.end(), {"--campaign", "summer"});
    expect_exit(2,
                "Redis holds campaign summer (epoch 1, quota 3, 0 users admitted, outbox 0), and "
                "the database does not know it. Set --mysql",
                line);
  }
}

TEST_F(Campaign, RaisesTheQuotaWhileOpen) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  EXPECT_EQ(admit("summer", 1, 5), 3);
  expect_exit(0, "was 3 and is 4", {"campaign", "set-quota", "4", "--campaign", "summer"});
  EXPECT_EQ(row(), "open 1 4");
  EXPECT_EQ(admit("summer", 1, 9), 1);
}

TEST_F(Campaign, LowersTheQuotaToWhatIsGivenOutAndNoFurther) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  EXPECT_EQ(admit("summer", 1, 3), 3);
  expect_exit(1, "below issued", {"campaign", "set-quota", "2", "--campaign", "summer"});
  EXPECT_EQ(field("summer", "quota"), "5");
  expect_exit(0, "was 5 and is 3", {"campaign", "set-quota", "3", "--campaign", "summer"});
  EXPECT_EQ(row(), "open 1 3");
  EXPECT_EQ(admit("summer", 4, 1), 0);
}

TEST_F(Campaign, KeepsItsQuotaWhereForeignRowsStandAgainstALowerOne) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  EXPECT_EQ(write("summer", 1, 4).issued, 4);
  expect_exit(1, "below issued", {"campaign", "set-quota", "3", "--campaign", "summer"});
  EXPECT_EQ(field("summer", "quota"), "5");
  EXPECT_EQ(row(), "open 1 5");
}

TEST_F(Campaign, SetQuotaGoesOnWhereItWasKilled) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  ASSERT_TRUE(redis().command({"HSET", "coupon:{summer}:meta", "quota", "3"}));
  expect_exit(1, "a change of the quota", {"campaign", "open", "summer"});
  for (const auto* quota : {"3", "7"}) {
    ASSERT_EQ(run({"campaign", "set-quota", quota, "--campaign", "summer"}).code, 0);
    EXPECT_EQ(field("summer", "quota"), quota);
    EXPECT_EQ(row(), std::string("open 1 ") + quota);
    ASSERT_TRUE(redis().command({"HSET", "coupon:{summer}:meta", "quota", "3"}));
  }
}

TEST_F(Campaign, WithAMetaOfTheWrongTypeIsLeftAlone) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  ASSERT_TRUE(redis().command({"SET", "coupon:{summer}:meta", "text"}));
  expect_exit(1, "WRONGTYPE", {"campaign", "open", "summer"});
  EXPECT_EQ(*redis::text(redis().command({"GET", "coupon:{summer}:meta"})), "text");
}

TEST_F(Campaign, WithAnUnreadableMetaIsCorrupt) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  ASSERT_TRUE(redis().command({"HSET", "coupon:{summer}:meta", "quota", "-3"}));
  expect_exit(1, "CORRUPT: quota is \"-3\"", {"campaign", "open", "summer"});
}

TEST_F(Campaign, IsChangedByOneCommandAtATime) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  const ledger::AdminLock lock(database(), "summer");
  expect_exit(1, "summer", {"campaign", "close", "summer"});
  EXPECT_EQ(row(), "open 1 5");
}

TEST_F(Campaign, RefusesARedisThatMayForget) {
  ASSERT_TRUE(redis().command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}));
  expect_exit(2, "maxmemory-policy noeviction", {"campaign", "open", "summer"});
  EXPECT_EQ(row(), "none");
  expect_exit(0, "warning", {"campaign", "open", "summer", "--allow-unsafe"});
  ASSERT_TRUE(redis().command({"CONFIG", "SET", "maxmemory-policy", "noeviction"}));
}

TEST_F(Campaign, ThatNobodyOpenedIsUnknown) {
  for (const auto* verb : {"close", "show"})
    expect_exit(2, "couponctl campaign open summer", {"campaign", verb, "summer"});
  expect_exit(2, "couponctl campaign open", {"campaign", "set-quota", "3"});
}

TEST_F(Campaign, ShowsHowItStands) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  EXPECT_EQ(admit("summer", 1, 3), 3);
  EXPECT_EQ(write("summer", 1, 2).issued, 2);
  const auto shown = json({"campaign", "show", "summer"});
  EXPECT_EQ(shown.at("state"), "open");
  EXPECT_EQ(shown.at("admitted"), 3);
  EXPECT_EQ(shown.at("left"), 2);
  EXPECT_EQ(shown.at("issued"), 2);
  EXPECT_EQ(shown.at("outbox"), 1);
}

TEST_F(Campaign, ListsAll) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  ASSERT_NO_FATAL_FAILURE(open("winter", 6));
  const auto campaigns = json({"campaign", "list"}).at("campaigns");
  ASSERT_EQ(campaigns.size(), 2U);
  EXPECT_EQ(campaigns[0].at("campaign"), "summer");
  EXPECT_EQ(campaigns[1].at("quota"), 6);
}

class BeforeMigrate : public live::Product {};

TEST_F(BeforeMigrate, EveryCommandNamesIt) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"campaign", "open"},
                                                                 {"campaign", "list"},
                                                                 {"status"},
                                                                 {"replay-failed"},
                                                                 {"reset-redis"}}) {
    const auto [code, out, err] = run(words);
    EXPECT_EQ(code, 2) << err;
    EXPECT_NE(err.find("couponctl migrate"), std::string::npos) << err;
  }
}

TEST_F(BeforeMigrate, AnEmptyDatabaseIsNotEnough) {
  ASSERT_TRUE(database().execute("CREATE DATABASE " + topic));
  const auto [code, out, err] = run({"campaign", "list"});
  EXPECT_EQ(code, 2) << err;
  EXPECT_NE(err.find("couponctl migrate"), std::string::npos) << err;
}

TEST_F(BeforeMigrate, MigrateMakesTheDatabaseOnceAndSaysWhatItProved) {
  const auto first = run({"migrate", "--output", "json"});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_NE(first.err.find("refused by the database"), std::string::npos) << first.err;
  const auto applied = nlohmann::json::parse(first.out);
  EXPECT_FALSE(applied.at("applied").empty());
  EXPECT_EQ(applied.at("enforces_cap"), true);
  EXPECT_TRUE(json({"migrate"}).at("applied").empty());
}

TEST_F(BeforeMigrate, MigrateNamesATopicThatIsMissing) {
  auto words = command_line({"migrate"});
  *(std::ranges::find(words, "--topic") + 1) = "nobody_made_it";
  const auto [code, out, err] = test::couponctl(words);
  EXPECT_EQ(code, 0) << err;
  EXPECT_NE(err.find("--create --topic nobody_made_it"), std::string::npos) << err;
}

TEST_F(BeforeMigrate, MigrateLeavesAForeignCouponTableAlone) {
  ASSERT_TRUE(database().execute("CREATE DATABASE " + topic));
  ASSERT_TRUE(database().execute("CREATE TABLE " + topic + ".coupon (id BIGINT, user_id BIGINT)"));
  const auto [code, out, err] = run({"migrate"});
  EXPECT_EQ(code, 2) << err;
  EXPECT_NE(err.find("coupon"), std::string::npos) << err;
  EXPECT_EQ(
      number("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '" + topic + "'"),
      1);
}

}  // namespace
}  // namespace couponctl
