// Does `reset-redis` forget exactly one campaign, and only when nothing is under way?
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <map>

#include "live/product.h"

namespace couponctl {
namespace {

class ResetRedis : public live::Product {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(migrate());
    ASSERT_NO_FATAL_FAILURE(open("default", 3));
    EXPECT_EQ(admit("default", 1, 5), 3);
    EXPECT_EQ(write("default", 1, 3).issued, 3);
    produce(3);  // what was just written
  }
  void finish() {
    hand_over("default");
    ASSERT_EQ(run({"campaign", "close"}).code, 0);
  }
  bool is_there(const std::string& key) {
    return *redis::integer(redis().command({"EXISTS", key})) > 0;
  }
  std::int64_t epoch() { return number("SELECT MAX(epoch) FROM campaign WHERE name = 'default'"); }
  void expect_untouched() {
    EXPECT_TRUE(is_there("coupon:{default}:meta"));
    EXPECT_TRUE(is_there("coupon:{default}:users"));
    EXPECT_EQ(epoch(), 1);
  }
};

TEST_F(ResetRedis, LetsAnotherRoundBeIssued) {
  finish();
  const auto reset = json({"reset-redis", "--yes"});
  EXPECT_EQ(reset.at("epoch"), 2);
  ASSERT_NO_FATAL_FAILURE(open("default", 4));
  EXPECT_EQ(admit("default", 1, 9), 4);
  EXPECT_EQ(field("default", "epoch"), "2");
  EXPECT_EQ(number("SELECT COUNT(*) FROM coupon"), 3) << "the first round's coupons stay";
}

TEST_F(ResetRedis, DeletesExactlyItsKeys) {
  finish();
  ASSERT_NO_FATAL_FAILURE(open("summer", 2));
  EXPECT_EQ(admit("summer", 1, 1), 1);
  for (const auto* key : {"coupon_count", "couponCount", "applied_user", "somebody_elses"})
    ASSERT_TRUE(redis().command({"SET", key, "1"}));
  const auto planned = json({"reset-redis", "--dry-run"}).at("keys");
  std::vector<std::string> there;
  for (const auto& key : planned)
    if (key.at("is_there") == true) there.push_back(key.at("key"));
  ASSERT_EQ(run({"reset-redis", "--yes"}).code, 0);
  EXPECT_EQ(there, (std::vector<std::string>{"coupon:{default}:meta", "coupon:{default}:users",
                                             "coupon:{default}:outbox", "coupon_count",
                                             "couponCount", "applied_user"}));
  for (const auto& key : there) EXPECT_FALSE(is_there(key)) << key;
  EXPECT_EQ(*redis::integer(redis().command({"DBSIZE"})), 4) << "three of summer, one foreign";
}

TEST_F(ResetRedis, LeavesTheSourcesKeysToTheDefaultCampaign) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 2));
  ASSERT_TRUE(redis().command({"SET", "coupon_count", "1"}));
  ASSERT_EQ(run({"campaign", "close", "summer"}).code, 0);
  ASSERT_EQ(run({"reset-redis", "--campaign", "summer", "--yes"}).code, 0);
  EXPECT_TRUE(is_there("coupon_count"));
  EXPECT_FALSE(is_there("coupon:{summer}:meta"));
}

TEST_F(ResetRedis, RefusesWithTheCountsWhileSomethingIsUnderWay) {
  produce(4);
  const auto [code, out, err] = run({"reset-redis", "--yes"});
  EXPECT_EQ(code, 1);
  EXPECT_NE(err.find("the campaign is open, outbox 1, 4 messages without headers on the topic"),
            std::string::npos)
      << err;
  expect_untouched();
}

TEST_F(ResetRedis, RefusesEachObstacleAlone) {
  ASSERT_EQ(run({"campaign", "close"}).code, 0);
  const auto outbox = run({"reset-redis", "--yes"});
  EXPECT_EQ(outbox.code, 1);
  EXPECT_NE(outbox.err.find("yet: outbox 1."), std::string::npos) << outbox.err;
  hand_over("default");
  produce(2);
  const auto lag = run({"reset-redis", "--yes"});
  EXPECT_EQ(lag.code, 1);
  EXPECT_NE(lag.err.find("yet: 2 messages without headers on the topic."), std::string::npos)
      << lag.err;
  expect_untouched();
}

// What waits for somebody else's database, or for one of their campaigns, does not concern it.
TEST_F(ResetRedis, IsNotHeldUpByMessagesOfAnotherCampaign) {
  finish();
  ASSERT_NO_FATAL_FAILURE(open("winter", 3));
  ASSERT_EQ(run({"apply", "--campaign", "winter", "--user", "7"}).code, 0);
  const auto dry = run({"reset-redis", "--dry-run"});
  EXPECT_NE(dry.err.find("0 messages of it on the topic, 1 of winter"), std::string::npos)
      << dry.err;
  EXPECT_EQ(json({"reset-redis", "--yes"}).at("epoch"), 2);
}

// Whoever says yes beforehand takes no time in which more could come.
TEST_F(ResetRedis, ReadsTheTopicOnceWhereNobodyIsAsked) {
  finish();
  ASSERT_NO_FATAL_FAILURE(open("winter", 3));
  ASSERT_EQ(run({"apply", "--campaign", "winter", "--user", "7"}).code, 0);
  const auto times_read = [&] {  // the session is kept alive
    return std::stoll((*database().query("SHOW GLOBAL STATUS LIKE 'Com_do'"))[0][1].value());
  };
  const auto before = times_read();
  const auto began = std::chrono::steady_clock::now();
  ASSERT_EQ(run({"reset-redis", "--yes"}).code, 0);
  const auto seconds =
      std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
  EXPECT_GE(times_read() - before, 1);
  EXPECT_LE(times_read() - before, 1 + seconds.count()) << "once, and once more a second";
}

TEST_F(ResetRedis, IsHeldUpByItsOwnMessages) {
  ASSERT_EQ(run({"campaign", "set-quota", "4"}).code, 0);
  ASSERT_EQ(run({"apply", "--user", "7"}).code, 0);
  finish();
  const auto [code, out, err] = run({"reset-redis", "--yes"});
  EXPECT_EQ(code, 1);
  EXPECT_NE(err.find("yet: 1 message of it on the topic."), std::string::npos) << err;
  expect_untouched();
}

TEST_F(ResetRedis, RefusesWhenTheTopicCannotBeRead) {
  finish();
  const auto [code, out, err] = run({"reset-redis", "--yes", "--kafka", "127.0.0.1:1"});
  EXPECT_EQ(code, 3) << err;
  EXPECT_NE(err.find("no broker answers"), std::string::npos) << err;
  expect_untouched();
}

TEST_F(ResetRedis, IsForcedOnlyByTheNameOfTheCampaign) {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"reset-redis", "--yes", "--force"},
           {"reset-redis", "--yes", "--force", "--confirm", "defualt"},
           {"reset-redis", "--yes", "--confirm", "default"}})
    EXPECT_EQ(run(words).code, 2);
  expect_untouched();
  const auto forced = run({"reset-redis", "--yes", "--force", "--confirm", "default"});
  EXPECT_EQ(forced.code, 0) << forced.err;
  EXPECT_NE(forced.err.find("messages without headers"), std::string::npos) << forced.err;
  EXPECT_FALSE(is_there("coupon:{default}:users"));
  EXPECT_EQ(epoch(), 2);
}

TEST_F(ResetRedis, DoesNothingWithoutAYes) {
  finish();
  const auto [code, out, err] = run({"reset-redis"});
  EXPECT_EQ(code, 7);
  EXPECT_EQ(out, "");
  EXPECT_NE(err.find("another 3 coupons can be issued"), std::string::npos) << err;
  EXPECT_NE(err.find("coupon:{default}:users"), std::string::npos) << err;
  expect_untouched();
}

// A person at a terminal is asked, and only a yes is a yes.
TEST_F(ResetRedis, AsksOnATerminal) {
  finish();
  for (const auto& [answer, code] : std::map<std::string, int>{{"n\n", 7}, {"\n", 7}, {"y\n", 0}}) {
    expect_untouched();
    const auto line =
        fmt::format("{}", fmt::join(command_line({COUPONCTL_BINARY, "reset-redis"}), " "));
    test::Child script({"script", "--quiet", "--return", "--command", line, "/dev/null"}, answer);
    EXPECT_EQ(script.wait(), code) << script.out();
    EXPECT_NE(script.out().find("Forget who was admitted? [y/N]"), std::string::npos)
        << script.out();
  }
  EXPECT_EQ(epoch(), 2);
}

// Each state that a kill between two steps leaves behind ends in epoch 2, never in epoch 3.
TEST_F(ResetRedis, GoesOnWhereItWasKilled) {
  finish();
  ASSERT_TRUE(redis().command({"HSET", "coupon:{default}:meta", "state", "resetting"}));
  EXPECT_EQ(admit("default", 9, 1), 0);
  EXPECT_EQ(run({"campaign", "open"}).code, 1) << "only the reset itself may go on";
  ASSERT_TRUE(database().execute(
      "INSERT INTO campaign (id, epoch, name, state, quota) "
      "SELECT id, 2, name, 'fresh', quota FROM campaign WHERE name = 'default'"));
  EXPECT_EQ(json({"reset-redis", "--yes"}).at("epoch"), 2);
  EXPECT_FALSE(is_there("coupon:{default}:meta"));
  EXPECT_EQ(json({"reset-redis", "--yes"}).at("epoch"), 2) << "nothing is left to reset";
}

TEST_F(ResetRedis, MarkedAndKilledItBeginsTheEpochAfterAll) {
  finish();
  ASSERT_TRUE(redis().command({"HSET", "coupon:{default}:meta", "state", "resetting"}));
  EXPECT_EQ(json({"reset-redis", "--yes"}).at("epoch"), 2);
  EXPECT_FALSE(is_there("coupon:{default}:meta"));
}

// An epoch that begins anew must be above all that were: somebody has to know them.
TEST_F(ResetRedis, IsNotForcedWhereNeitherRedisNorTheTopicTellsTheEpochs) {
  ASSERT_TRUE(redis().command({"SET", "coupon:{default}:meta", "text"}));
  ASSERT_TRUE(database().execute("DELETE FROM coupon"));
  ASSERT_TRUE(database().execute("DELETE FROM campaign"));
  const auto [code, out, err] =
      run({"reset-redis", "--yes", "--force", "--confirm", "default", "--kafka", "127.0.0.1:1"});
  EXPECT_EQ(code, 3) << err;
  EXPECT_NE(err.find("which of its epochs are taken"), std::string::npos) << err;
  EXPECT_NE(err.find("--kafka"), std::string::npos) << err;
  EXPECT_TRUE(is_there("coupon:{default}:meta"));
  EXPECT_EQ(number("SELECT COUNT(*) FROM campaign"), 0);
}

TEST_F(ResetRedis, ForcedMendsAMetaOfTheWrongType) {
  ASSERT_TRUE(redis().command({"SET", "coupon:{default}:meta", "text"}));
  EXPECT_EQ(run({"reset-redis", "--yes"}).code, 1);
  EXPECT_EQ(run({"reset-redis", "--yes", "--force", "--confirm", "default"}).code, 0);
  EXPECT_FALSE(is_there("coupon:{default}:meta"));
  ASSERT_NO_FATAL_FAILURE(open("default", 3));
}

}  // namespace
}  // namespace couponctl
