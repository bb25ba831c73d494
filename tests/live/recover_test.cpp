// Does recover give everybody the place that was promised, and nobody else?
#include <gtest/gtest.h>

#include <csignal>

#include "kafka/admin.h"
#include "live/consume.h"

namespace couponctl::live {
namespace {

using issuance::CampaignKeys;
using test::Finished;

class Recover : public Consume {
 protected:
  Recover() : Consume(2) {}

  void SetUp() override {
    Consume::SetUp();
    ASSERT_NO_FATAL_FAILURE(open("default", 100));
  }

  nlohmann::json recover() { return json({"recover", "--drain", "0s"}); }
  std::string decision(int user) {
    return nlohmann::json::parse(
               run({"apply", "--user", std::to_string(user), "--ack", "redis", "--output", "json"})
                   .out)
        .at("decision");
  }
  std::string reason(int user) {
    return nlohmann::json::parse(
               run({"apply", "--user", std::to_string(user), "--ack", "redis", "--output", "json"})
                   .out)
        .value("reason", "");
  }
  void command(std::initializer_list<std::string_view> words) {
    ASSERT_TRUE(redis().command(words));
  }
  // As a restart of the server does.
  void fence() { command({"HSET", keys.meta, "run_id", "another-server"}); }
  std::int64_t admitted() { return *redis::integer(redis().command({"HLEN", keys.users})); }
  void expect_exactly(int quota) {
    EXPECT_EQ(drain().code, 0);
    EXPECT_EQ(coupons(), quota);
    EXPECT_EQ(users(), quota);
    EXPECT_EQ(count("SELECT COUNT(*) FROM failed_event"), 0);
  }

  const CampaignKeys keys{"default"};
};

TEST_F(Recover, AfterARestartOfRedisNobodyIsAdmittedUntilItHasRun) {
  ASSERT_EQ(admit("default", 1, 10), 10);
  fence();
  EXPECT_EQ(reason(11), "FENCED");
  const auto result = recover();
  EXPECT_EQ(result["kept"], 10);
  EXPECT_EQ(result["admitted"], 10);
  EXPECT_EQ(decision(11), "ADMITTED");
  EXPECT_EQ(decision(10), "DUPLICATE");
}

TEST_F(Recover, WhoIsInTheLedgerOrOnTheTopicHasHisPlaceAgainAfterRedisForgotAll) {
  send("default", 1, 30);
  ASSERT_EQ(drain().code, 0);
  send("default", 31, 20);
  command({"FLUSHDB"});
  EXPECT_EQ(reason(99), "UNINIT");
  const auto result = recover();
  EXPECT_EQ(result["from_ledger"], 30);
  EXPECT_EQ(result["from_topic"], 20);
  EXPECT_EQ(result["admitted"], 50);
  EXPECT_EQ(decision(7), "DUPLICATE");
  EXPECT_EQ(decision(40), "DUPLICATE");
  EXPECT_EQ(admit("default", 1001, 200), 50);
  expect_exactly(100);
}

TEST_F(Recover, TheSurvivingOutboxBringsBackItsUsers) {
  ASSERT_EQ(admit("default", 1, 40), 40);
  command({"DEL", keys.users});
  EXPECT_EQ(reason(99), "CORRUPT");
  EXPECT_EQ(recover()["from_outbox"], 40);
  EXPECT_EQ(admit("default", 1001, 200), 60);
  expect_exactly(100);
}

TEST_F(Recover, WhoseMessageIsNowhereIsSentAgain) {
  ASSERT_EQ(admit("default", 1, 40), 40);
  command({"DEL", keys.outbox});
  const auto result = recover();
  EXPECT_EQ(result["sent_again"], 40);
  EXPECT_EQ(recover()["sent_again"], 0);
  EXPECT_EQ(drain().code, 0);
  EXPECT_EQ(coupons(), 40);
}

TEST_F(Recover, ALedgerThatLostRowsGetsThemAgain) {
  ASSERT_EQ(admit("default", 1, 40), 40);
  ASSERT_EQ(drain().code, 0);
  ASSERT_TRUE(database().execute("DELETE FROM coupon WHERE user_id <= 5"));
  EXPECT_EQ(recover()["sent_again"], 5);
  EXPECT_EQ(drain().code, 0);
  EXPECT_EQ(coupons(), 40);
  EXPECT_EQ(users(), 40);
}

TEST_F(Recover, KeysOfTheWrongTypeAreRebuilt) {
  send("default", 1, 10);
  ASSERT_EQ(drain().code, 0);
  for (const auto& key : {keys.meta, keys.users, keys.outbox}) {
    command({"DEL", key});
    command({"SET", key, "nonsense"});
  }
  EXPECT_EQ(recover()["admitted"], 10);
  EXPECT_EQ(admit("default", 1001, 200), 90);
}

TEST_F(Recover, EntriesThatAreNoUserWithAPlaceAreRemoved) {
  ASSERT_EQ(admit("default", 1, 10), 10);
  command({"HSET", keys.users, "nobody", "1|1-1", "5", "abc", "-1", "3|1-1"});
  const auto result = recover();
  EXPECT_EQ(result["removed"], 3);
  EXPECT_EQ(result["from_outbox"], 1);  // user 5
  EXPECT_EQ(result["admitted"], 10);
}

TEST_F(Recover, TheSeqGoesOnWhereItWas) {
  ASSERT_EQ(admit("default", 1, 10), 10);
  ASSERT_EQ(drain().code, 0);
  command({"FLUSHDB"});
  recover();
  EXPECT_EQ(nlohmann::json::parse(
                run({"apply", "--user", "77", "--ack", "redis", "--output", "json"}).out)
                .at("seq"),
            11);
}

TEST_F(Recover, ForeignCouponsTakeRoomAndNeverMoreThanThereIs) {
  send("default", 1, 30);
  for (int user = 501; user <= 500 + 90; ++user) {
    const auto number = std::to_string(user);
    ASSERT_TRUE(database().execute(
        "INSERT INTO coupon (campaign_id, epoch, cap, slot, user_id) SELECT id, epoch, quota, " +
        std::to_string(user - 500) + ", " + number + " FROM campaign"));
  }
  command({"FLUSHDB"});
  const auto result = recover();
  EXPECT_EQ(result["admitted"], 100);
  EXPECT_EQ(result["left_out"], 20);
  EXPECT_EQ(admit("default", 1001, 10), 0);
}

TEST_F(Recover, WhoWasRefusedForWantOfRoomDoesNotTakeAnybodysPlace) {
  send("default", 1, 110);
  ASSERT_EQ(drain().code, 0);
  ASSERT_EQ(failed("OVER_QUOTA"), 10);
  command({"FLUSHDB"});
  EXPECT_EQ(recover()["admitted"], 100);
}

TEST_F(Recover, AClosedCampaignStaysClosed) {
  ASSERT_EQ(admit("default", 1, 10), 10);
  ASSERT_EQ(run({"campaign", "close"}).code, 0);
  fence();
  EXPECT_EQ(recover()["state"], "closed");
  EXPECT_EQ(decision(11), "CLOSED");
}

TEST_F(Recover, UsersOfAnotherEpochAreForgotten) {
  ASSERT_EQ(admit("default", 1, 10), 10);
  ASSERT_EQ(drain().code, 0);
  ASSERT_TRUE(database().execute(
      "INSERT INTO campaign (id, epoch, name, state, quota) SELECT id, 2, name, 'open', quota FROM "
      "campaign"));
  EXPECT_EQ(recover()["admitted"], 0);
  EXPECT_EQ(field("default", "epoch"), "2");
  EXPECT_EQ(decision(1), "ADMITTED");
}

TEST_F(Recover, ACampaignThatWasNeverOpenedHasNothingToRecover) {
  command({"FLUSHDB"});
  ASSERT_TRUE(database().execute("UPDATE campaign SET state = 'fresh'"));
  const auto [code, out, err] = run({"recover", "--drain", "0s"});
  EXPECT_EQ(code, 2);
  EXPECT_NE(err.find("campaign open"), std::string::npos) << err;
}

TEST_F(Recover, ATopicThatWasMadeAnewIsReadFromItsBeginning) {
  send("default", 1, 20);
  send_poison(1);
  ASSERT_EQ(drain().code, 0);
  kafka::Admin admin(servers().kafka);
  ASSERT_TRUE(admin.delete_topic(topic));
  EXPECT_TRUE(test::eventually([&] { return !!admin.create_topic(topic, 2); }));
  send("default", 101, 3);
  const auto [code, out, err] = drain();
  EXPECT_EQ(code, 1) << out;
  EXPECT_NE(err.find("couponctl recover"), std::string::npos) << err;
  EXPECT_GE(recover()["partitions_read_again"], 1);
  send_poison(2);
  EXPECT_EQ(drain().code, 0);
  EXPECT_EQ(coupons(), 23);
  EXPECT_EQ(failed("POISON"), 3);
}

TEST_F(Recover, AnUnfinishedResetIsToBeFinishedFirst) {
  command({"HSET", keys.meta, "state", "resetting"});
  const auto [code, out, err] = run({"recover", "--drain", "0s"});
  EXPECT_EQ(code, 1);
  EXPECT_NE(err.find("reset-redis"), std::string::npos) << err;
}

TEST_F(Recover, WithoutKafkaNothingIsClosed) {
  ASSERT_EQ(admit("default", 1, 10), 10);
  EXPECT_EQ(run({"recover", "--drain", "0s", "--kafka", "127.0.0.1:1"}).code, 3);
  EXPECT_EQ(decision(11), "ADMITTED");
}

TEST_F(Recover, AnInterruptedOneLeavesTheCampaignClosedAndTheNextCompletesIt) {
  ASSERT_EQ(admit("default", 1, 10), 10);
  std::vector<std::string> words{COUPONCTL_BINARY, "recover", "--drain", "10m"};
  test::Child child(command_line(words));
  ASSERT_TRUE(test::eventually([&] { return field("default", "state") == "recovering"; }));
  EXPECT_EQ(reason(11), "RECOVERING");
  EXPECT_EQ(run({"campaign", "close"}).code, 1) << "two administrators at once";
  child.signal(SIGINT);
  EXPECT_EQ(child.wait(), 130);
  EXPECT_NE(child.err().find("again"), std::string::npos);
  EXPECT_EQ(reason(11), "RECOVERING");
  EXPECT_EQ(recover()["kept"], 10);
  EXPECT_EQ(decision(11), "ADMITTED");
}

class RecoverKilled : public Recover, public testing::WithParamInterface<const char*> {};

TEST_P(RecoverKilled, StaysClosedUntilTheNextOneHasCompletedIt) {
  send("default", 1, 20);
  ASSERT_EQ(drain().code, 0);
  send("default", 21, 20);
  ASSERT_EQ(admit("default", 1001, 20), 20);
  command({"DEL", keys.outbox});  // 1001… are nowhere but in Redis
  fence();
  const auto point = std::string("COUPONCTL_KILLPOINT=") + GetParam();
  const auto words = command_line({"env", point, COUPONCTL_FAULTY, "recover", "--drain", "0s"});
  test::Child killed(words);
  ASSERT_EQ(killed.wait(), 128 + SIGKILL) << killed.err();
  if (GetParam() != std::string("recover.opened")) {
    EXPECT_EQ(reason(9999), "RECOVERING");
  }
  EXPECT_EQ(recover()["admitted"], 60);
  EXPECT_EQ(admit("default", 2001, 200), 40);
  expect_exactly(100);
}

// The database is emptied, and whose message it had read is forgotten by Redis, too.
TEST_F(Recover, KilledWhenItHasMadeTheRowItStaysClosedAndAnyNextOneCompletesIt) {
  send("default", 1, 20);
  ASSERT_EQ(drain().code, 0);
  ASSERT_EQ(recover()["admitted"], 20);
  command({"HDEL", keys.users, "1"});
  for (const auto* table : {"coupon", "failed_event", "kafka_progress", "campaign"})
    ASSERT_TRUE(database().execute(std::string("DELETE FROM ") + table));
  const auto words =
      command_line({"env", "COUPONCTL_KILLPOINT=recover.row_made", COUPONCTL_FAULTY, "recover",
                    "--drain", "0s", "--database-lost", "--group", topic});
  test::Child killed(words);
  ASSERT_EQ(killed.wait(), 128 + SIGKILL) << killed.err();
  EXPECT_EQ(field("default", "state"), "recovering");
  EXPECT_EQ(reason(9999), "RECOVERING");
  EXPECT_EQ(json({"recover", "--drain", "0s", "--group", topic})["admitted"], 20);
  EXPECT_EQ(admit("default", 2001, 200), 80);
  expect_exactly(100);
}

// Redis is closed by then, and tells all the same that the campaign was open.
TEST_F(Recover, KilledBeforeItHasMadeTheRowTheNextOneOpensTheCampaignAgain) {
  send("default", 1, 20);
  ASSERT_EQ(drain().code, 0);
  ASSERT_EQ(recover()["admitted"], 20);
  for (const auto* table : {"coupon", "failed_event", "kafka_progress", "campaign"})
    ASSERT_TRUE(database().execute(std::string("DELETE FROM ") + table));
  const auto words =
      command_line({"env", "COUPONCTL_KILLPOINT=recover.marked", COUPONCTL_FAULTY, "recover",
                    "--drain", "0s", "--database-lost", "--group", topic});
  test::Child killed(words);
  ASSERT_EQ(killed.wait(), 128 + SIGKILL) << killed.err();
  EXPECT_EQ(reason(9999), "RECOVERING");
  EXPECT_EQ(json({"recover", "--drain", "0s", "--database-lost", "--group", topic})["admitted"],
            20);
  EXPECT_EQ(field("default", "state"), "open");
  EXPECT_EQ(field("default", "state_before"), "");
  EXPECT_EQ(admit("default", 2001, 200), 80);
  expect_exactly(100);
}

// A session says something while it reads the topic, or a server with a short patience ends it.
TEST_F(Recover, KeepsTheSessionAliveWhileItReadsTheTopic) {
  send("default", 1, 20);
  command({"FLUSHDB"});
  const auto said = [&] {
    return std::stoll((*database().query("SHOW GLOBAL STATUS LIKE 'Com_do'"))[0][1].value());
  };
  const auto before = said();
  EXPECT_EQ(recover()["from_topic"], 20);
  EXPECT_GE(said() - before, 3) << "each time it reads the topic, and before it opens";
}

INSTANTIATE_TEST_SUITE_P(Points, RecoverKilled,
                         testing::Values("recover.marked", "recover.drained", "recover.resent",
                                         "recover.restored", "recover.completed",
                                         "recover.opened"));

}  // namespace
}  // namespace couponctl::live
