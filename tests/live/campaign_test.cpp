// Does `campaign` keep database and Redis in step, whatever it finds there?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "live/database.h"
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
  expect_exit(2, "campaign set-window --campaign summer\"",
              {"campaign", "open", "summer", "--quota", "4"});
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

TEST_F(Campaign, SaysWhetherItsTimeHasCome) {
  const auto state = [&](const char* name) {
    const auto shown = json({"campaign", "show", name}).at("state");
    const auto status = json({"status", "--campaign", name});
    EXPECT_EQ(shown, status.at("campaigns").at(0).at("state")) << status;
    return shown.get<std::string>();
  };
  ASSERT_EQ(run({"campaign", "open", "later", "--opens-at", "2999-01-01T00:00:00Z"}).code, 0);
  EXPECT_EQ(state("later"), "scheduled");
  EXPECT_EQ(run({"apply", "--user", "1", "--campaign", "later", "--ack", "redis"}).code, 12);
  ASSERT_EQ(run({"campaign", "open", "over", "--closes-at", "2999-01-01T00:00:00Z"}).code, 0);
  EXPECT_EQ(state("over"), "open");
  ASSERT_TRUE(redis().command({"HSET", "coupon:{over}:meta", "closes_at", "1000"}));
  EXPECT_EQ(state("over"), "ended");
}

TEST_F(Campaign, IsNotOpenedWhenItsTimeIsOver) {
  expect_exit(2, "would have ended already",
              {"campaign", "open", "summer", "--closes-at", "2020-01-01T00:00:00Z"});
  EXPECT_EQ(row(), "none");
}

TEST_F(Campaign, MovesItsWindowWhileOpen) {
  ASSERT_EQ(run({"campaign", "open", "summer", "--closes-at", "2998-01-01T00:00:00Z"}).code, 0);
  const auto set = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"campaign", "set-window", "--campaign", "summer"});
    return words;
  };
  const auto moved = json(set({"--closes-at", "2999-01-01T00:00:00Z"}));
  EXPECT_EQ(moved.at("closes_at"), "2999-01-01T00:00:00Z");
  EXPECT_TRUE(moved.at("opens_at").is_null()) << "it was not named";
  EXPECT_EQ(field("summer", "closes_at"), "32472144000000");
  expect_exit(2, "before it begins", set({"--opens-at", "2999-06-01T00:00:00Z"}));
  expect_exit(2, "would have ended already", set({"--closes-at", "2020-01-01T00:00:00Z"}));
  expect_exit(2, "neither", set({}));
  EXPECT_EQ(field("summer", "closes_at"), "32472144000000");
  EXPECT_TRUE(json(set({"--closes-at", "none"})).at("closes_at").is_null());
  EXPECT_EQ(field("summer", "closes_at"), "0");
  EXPECT_EQ(admit("summer", 1, 2), 2);
}

TEST_F(Campaign, SetWindowGoesOnWhereItWasKilled) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  ASSERT_TRUE(database().execute("UPDATE campaign SET closes_at = 32472144000000"));
  expect_exit(1, "set-window --opens-at none --closes-at 2999-01-01T00:00:00Z --campaign summer\"",
              {"campaign", "open", "summer"});
  ASSERT_EQ(
      run({"campaign", "set-window", "--campaign", "summer", "--closes-at", "2999-01-01T00:00:00Z"})
          .code,
      0);
  EXPECT_EQ(field("summer", "closes_at"), "32472144000000");
  expect_exit(0, "was open already", {"campaign", "open", "summer"});
}

// Its time may have come meanwhile: what the database has is still to be brought to Redis.
TEST_F(Campaign, SetWindowGoesOnThoughTheTimeIsOver) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  ASSERT_TRUE(database().execute("UPDATE campaign SET closes_at = 1000"));
  expect_exit(0, "was - to -",
              {"campaign", "set-window", "--campaign", "summer", "--opens-at", "none",
               "--closes-at", "1970-01-01T00:00:01Z"});
  EXPECT_EQ(field("summer", "closes_at"), "1000");
}

// The next round: it is opened with terms of its own.
class NextRound : public Campaign {
 protected:
  void SetUp() override {
    Campaign::SetUp();
    ASSERT_EQ(run({"campaign", "open", "summer", "--quota", "3", "--opens-at",
                   "2026-01-01T00:00:00Z", "--closes-at", "2998-01-01T00:00:00Z"})
                  .code,
              0);
    ASSERT_EQ(run({"campaign", "close", "summer"}).code, 0);
    ASSERT_EQ(run({"reset-redis", "--campaign", "summer", "--yes"}).code, 0);
  }
  std::string window() {
    return fmt::format("{} {}", number("SELECT opens_at FROM campaign WHERE epoch = 2"),
                       number("SELECT closes_at FROM campaign WHERE epoch = 2"));
  }
};

TEST_F(NextRound, IsScheduledAsItIsOpened) {
  const auto opened = json({"campaign", "open", "summer", "--opens-at", "2999-01-01T00:00:00Z",
                            "--closes-at", "2999-01-02T00:00:00Z"});
  EXPECT_EQ(opened.at("epoch"), 2);
  EXPECT_EQ(opened.at("quota"), 3);
  EXPECT_EQ(opened.at("opens_at"), "2999-01-01T00:00:00Z");
  EXPECT_EQ(window(), "32472144000000 32472230400000");
  EXPECT_EQ(field("summer", "opens_at"), "32472144000000");
  EXPECT_EQ(field("summer", "closes_at"), "32472230400000");
  EXPECT_EQ(admit("summer", 1, 3), 0);
  expect_exit(0, "was open already", {"campaign", "open", "summer"});
}

TEST_F(NextRound, HasTheBoundsOfTheLastThatAreNotNamed) {
  const auto opened = json({"campaign", "open", "summer", "--opens-at", "none"});
  EXPECT_TRUE(opened.at("opens_at").is_null());
  EXPECT_EQ(opened.at("closes_at"), "2998-01-01T00:00:00Z");
  EXPECT_EQ(window(), "0 32440608000000");
  EXPECT_EQ(admit("summer", 1, 5), 3);
}

TEST_F(NextRound, DoesNotOpenWithBoundsThatCannotBe) {
  expect_exit(2, "before it begins at 2999-01-01T00:00:00Z",
              {"campaign", "open", "summer", "--opens-at", "2999-01-01T00:00:00Z"});
  ASSERT_TRUE(database().execute("UPDATE campaign SET opens_at = 0, closes_at = 1000"));
  expect_exit(2, "would have ended already", {"campaign", "open", "summer"});
  expect_exit(2, "would have ended already", {"campaign", "open", "summer", "--quota", "4"});
  EXPECT_EQ(row(), "fresh 2 3");
  EXPECT_EQ(field("summer", "state"), "");
  expect_exit(0, "is open", {"campaign", "open", "summer", "--closes-at", "none"});
  EXPECT_EQ(admit("summer", 1, 5), 3);
}

TEST_F(NextRound, IsNotToBeChangedBeforeItIsOpenedAndItIsSaidHow) {
  expect_exit(
      2, "\"couponctl campaign open summer --quota 3\", with --opens-at and --closes-at",
      {"campaign", "set-window", "--campaign", "summer", "--opens-at", "2999-01-01T00:00:00Z"});
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

// A migration that was refused is none, and what it proved may hold no more.
TEST_F(Campaign, IsOpenedAndConsumedOnlyWhereTheTablesHoldTheLimit) {
  ASSERT_TRUE(database().execute("ALTER TABLE coupon DROP CONSTRAINT coupon_slot"));
  expect_exit(2, "above the quota", {"campaign", "open", "summer"});
  expect_exit(2, "above the quota", {"consume", "--until-drained"});
  expect_exit(2, "above the quota", {"recover", "--campaign", "summer"});
  EXPECT_EQ(row(), "none");
  expect_exit(0, "warning", {"campaign", "open", "summer", "--allow-unsafe"});
}

TEST_F(Campaign, IsNotChangedOnAReadOnlyServer) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 3));
  const live::GlobalSetting setting("read_only", "1");
  for (std::vector<std::string> words : {std::vector<std::string>{"campaign", "open", "winter"},
                                         {"campaign", "set-quota", "5", "--campaign", "summer"},
                                         {"campaign", "close", "summer"},
                                         {"consume", "--until-drained"},
                                         {"recover", "--campaign", "summer", "--drain", "0s"}})
    expect_exit(3, "read-only", std::move(words));
  EXPECT_EQ(row(), "open 1 3");
  expect_exit(0, "", {"campaign", "show", "summer"});
}

// Redis would not count on from it, and a number has an end.
TEST_F(Campaign, WhoseLastEpochIsNamedBeginsNoMore) {
  const auto fail = [&](const char* epoch) {
    return database().execute(
        std::string("REPLACE INTO failed_event (id, cluster, topic, part, off, class, campaign, "
                    "epoch, user_id, seq, length, status) VALUES (1, 'c', 't', 0, 0, "
                    "'UNKNOWN_CAMPAIGN', 'summer', ") +
        epoch + ", 1, 1, 8, 'new')");
  };
  for (const auto* epoch : {"4503599627370496", "9223372036854775807"}) {
    const auto failed = fail(epoch);
    ASSERT_TRUE(failed) << failed.error().text;
    expect_exit(1, "has no epoch left", {"campaign", "open", "summer"});
  }
  ASSERT_TRUE(fail("4503599627370495"));
  expect_exit(0, "is open", {"campaign", "open", "summer", "--quota", "3"});
  EXPECT_EQ(row(), "open 4503599627370496 3");
  EXPECT_EQ(admit("summer", 1, 5), 3);
  ASSERT_EQ(run({"campaign", "close", "summer"}).code, 0);
  expect_exit(1, "has no epoch left",
              {"reset-redis", "--campaign", "summer", "--yes", "--force", "--confirm", "summer"});
  EXPECT_EQ(row(), "closed 4503599627370496 3");
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
