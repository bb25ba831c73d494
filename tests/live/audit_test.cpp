// Does `audit` tell a sound campaign from a broken one, also while it is at work, and touch
// nothing?
#include "audit/audit.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>

#include "kafka/admin.h"
#include "live/consume.h"

namespace couponctl {
namespace {

using namespace std::chrono_literals;
using test::Child;

class AuditTest : public live::Consume {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Consume::SetUp());
    ASSERT_NO_FATAL_FAILURE(open("summer", 50));
  }

  // `audit` as it is typed, in the group of words().
  test::Finished audit(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"audit", "--campaign", "summer", "--group", topic});
    return run(std::move(more));
  }
  nlohmann::json audit_json() {
    return nlohmann::json::parse(audit({"--output", "json"}).out, nullptr, false);
  }
  // The rules that are violated.
  std::set<std::string> violated() {
    std::set<std::string> rules;
    const auto result = audit_json();
    for (const auto& rule : result.at("rules"))
      if (rule.at("violations") > 0) rules.insert(rule.at("rule"));
    return rules;
  }

  // Users 1 to `last` hold coupons.
  void issue(int last) {
    ASSERT_NO_FATAL_FAILURE(apply(1, last));
    const auto [code, out, err] = drain();
    ASSERT_EQ(code, 0) << err;
  }
};

TEST_F(AuditTest, OfAnEmptyCampaignIsConsistent) {
  const auto [code, out, err] = audit();
  EXPECT_EQ(code, 0) << out << err;
  EXPECT_NE(out.find("CONSISTENT"), std::string::npos) << out;
  EXPECT_NE(out.find("none-lost          0           0  not run"), std::string::npos) << out;
}

TEST_F(AuditTest, OfWhatIsWrittenIsConsistent) {
  ASSERT_NO_FATAL_FAILURE(issue(60));
  const auto result = audit_json();
  EXPECT_EQ(result.at("verdict"), "CONSISTENT");
  EXPECT_EQ(result.at("issued"), 50);
  EXPECT_EQ(result.at("admitted"), 50);
  EXPECT_EQ(result.at("epoch"), 1);
  for (const auto& rule : result.at("rules"))
    if (rule.at("rule") != "outbox" && rule.at("rule") != "failed") {
      EXPECT_EQ(rule.at("verdict"), "pass") << rule.dump();
    }
}

TEST_F(AuditTest, OfWhatIsUnderWayWarns) {
  ASSERT_NO_FATAL_FAILURE(apply(1, 10));
  EXPECT_EQ(admit("summer", 11, 5), 5);
  const auto [code, out, err] = audit();
  EXPECT_EQ(code, 0) << out << err;
  EXPECT_NE(out.find("IN FLIGHT"), std::string::npos) << out;
  EXPECT_NE(err.find("under way, outbox 1, topic lag 10"), std::string::npos) << err;
}

TEST_F(AuditTest, OfEventsThatMayBeReplayedIsIncomplete) {
  ASSERT_NO_FATAL_FAILURE(issue(50));
  send("summer", 101, 3);
  ASSERT_EQ(drain().code, 0);
  const auto [code, out, err] = audit();
  EXPECT_EQ(code, 6) << out << err;
  EXPECT_NE(err.find("3 failed events may still become coupons"), std::string::npos) << err;
}

TEST_F(AuditTest, NamesTheUserWhoseCouponWasDeleted) {
  ASSERT_NO_FATAL_FAILURE(issue(50));
  ASSERT_TRUE(database().execute("DELETE FROM coupon WHERE user_id = 17"));
  const auto [code, out, err] = audit();
  EXPECT_EQ(code, 4) << out << err;
  EXPECT_NE(err.find("user 17, seq 17: no coupon, no failed event, not under way"),
            std::string::npos)
      << err;
  EXPECT_NE(err.find("couponctl recover --campaign summer"), std::string::npos) << err;
  EXPECT_EQ(violated(), std::set<std::string>{"none-lost"});
}

TEST_F(AuditTest, CountsWhatAForeignProducerGotAndDoesNotBlameIt) {
  ASSERT_NO_FATAL_FAILURE(issue(10));
  ASSERT_TRUE(database().execute(
      "INSERT INTO coupon (campaign_id, epoch, cap, slot, user_id) SELECT id, 1, quota, 30, 4711 "
      "FROM campaign WHERE name = 'summer'"));
  const auto [code, out, err] = audit();
  EXPECT_EQ(code, 0) << out << err;
  EXPECT_NE(err.find("1 coupons have seq 0"), std::string::npos) << err;
}

TEST_F(AuditTest, FindsMessagesThatWereDeletedUnwritten) {
  ASSERT_EQ(drain().code, 0);
  for (int user = 1; user <= 20; ++user) ASSERT_NO_FATAL_FAILURE(apply(user, user));
  delete_records_before(3);
  EXPECT_EQ(violated(), (std::set<std::string>{"none-lost", "offsets"}));
}

TEST_F(AuditTest, FindsATopicMadeAnew) {
  ASSERT_NO_FATAL_FAILURE(issue(50));
  ASSERT_TRUE(database().execute("UPDATE kafka_progress SET next_off = next_off + 1000"));
  EXPECT_TRUE(violated().contains("offsets"));
}

// Another deployment, with a database of its own, reads the same topic in the same group.
TEST_F(AuditTest, SaysWhoHoldsThePartitionsWhereTwoDeploymentsShareAGroup) {
  ASSERT_NO_FATAL_FAILURE(issue(5));
  const auto mysql = servers().mysql;
  const auto other = topic + "_other";
  const auto address = fmt::format("{}@{}:{}/{}", mysql.user, mysql.host, mysql.port, other);
  ASSERT_EQ(run({"migrate", "--mysql", address}).code, 0);
  Child theirs(words({"--mysql", address}));
  ASSERT_NO_FATAL_FAILURE(apply(6, 30));
  const auto read = fmt::format("SELECT COUNT(*) FROM {}.failed_event", other);
  ASSERT_TRUE(test::eventually([&] { return count(read) == 25; })) << theirs.err();
  ASSERT_TRUE(test::eventually([&] { return audit_json().at("verdict") == "GROUP AHEAD"; }));
  const auto [code, out, err] = audit();
  EXPECT_EQ(code, 6) << out << err;
  EXPECT_NE(err.find("couponctl-" + other + " at 127.0.0.1 holds partition 0, 1, 2"),
            std::string::npos)
      << err;

  Child ours(words({"--until-drained"}));
  ASSERT_TRUE(test::eventually([&] {
    return ours.err().find("couponctl-" + other + " at 127.0.0.1 holds") != std::string::npos;
  })) << ours.err();
  EXPECT_NE(ours.err().find("is held by others"), std::string::npos) << ours.err();
  theirs.signal(SIGTERM);
  EXPECT_EQ(theirs.wait(), 0) << theirs.err();
  EXPECT_EQ(ours.wait(), 0) << ours.err();
  EXPECT_EQ(coupons(), 30);
  EXPECT_TRUE(test::eventually([&] { return audit_json().at("verdict") == "CONSISTENT"; }));
  ASSERT_TRUE(database().execute("DROP DATABASE " + other));
}

TEST_F(AuditTest, OfOneCampaignIsNotDisturbedByAnother) {
  ASSERT_NO_FATAL_FAILURE(open("winter", 5));
  ASSERT_NO_FATAL_FAILURE(issue(50));
  ASSERT_TRUE(redis().command({"DEL", "coupon:{winter}:meta"}));
  EXPECT_EQ(audit().code, 0);
  EXPECT_EQ(run({"audit", "--campaign", "winter"}).code, 4);
}

TEST_F(AuditTest, SaysThatTheServerWasReplaced) {
  ASSERT_NO_FATAL_FAILURE(issue(5));
  ASSERT_TRUE(redis().command({"HSET", "coupon:{summer}:meta", "run_id", "another"}));
  const auto [code, out, err] = audit();
  EXPECT_EQ(code, 4);
  EXPECT_NE(err.find("FENCED"), std::string::npos) << err;
}

TEST_F(AuditTest, NamesTheServerThatIsSilent) {
  const std::pair<std::vector<std::string>, const char*> silent[] = {
      {{"--redis", "127.0.0.1:1"}, "Redis at 127.0.0.1:1"},
      {{"--mysql", "root@127.0.0.1:1/none"}, "MySQL at root@127.0.0.1:1"},
      {{"--kafka", "127.0.0.1:1"}, "Kafka at 127.0.0.1:1"}};
  for (const auto& [flags, name] : silent) {
    const auto [code, out, err] = audit(flags);
    EXPECT_EQ(code, 3) << err;
    EXPECT_NE(err.find(std::string("cannot reach ") + name), std::string::npos) << err;
  }
}

TEST_F(AuditTest, OfNoCampaignIsAnError) {
  const auto [code, out, err] = run({"audit", "--campaign", "nobody"});
  EXPECT_EQ(code, 2) << err;
  EXPECT_NE(err.find("there is no campaign nobody"), std::string::npos) << err;
}

TEST_F(AuditTest, OfADatabaseWithoutTablesSaysWhatToRun) {
  ASSERT_TRUE(database().execute("DROP TABLE coupon, campaign"));
  const auto without_tables = audit();
  EXPECT_EQ(without_tables.code, 2) << without_tables.err;
  EXPECT_NE(without_tables.err.find("couponctl migrate"), std::string::npos) << without_tables.err;
  ASSERT_TRUE(database().execute("DROP DATABASE " + topic));
  const auto without_database = audit();
  EXPECT_EQ(without_database.code, 2) << without_database.err;
  EXPECT_NE(without_database.err.find("couponctl migrate"), std::string::npos)
      << without_database.err;
  Child self_test(command_line({COUPONCTL_BINARY, "audit", "--self-test"}));
  EXPECT_EQ(self_test.wait(5min), 0) << "its database is one of its own";
}

TEST_F(AuditTest, FindsAKeyThatSomebodyDropped) {
  ASSERT_NO_FATAL_FAILURE(issue(5));
  ASSERT_TRUE(database().execute("ALTER TABLE coupon DROP KEY uk_user"));
  EXPECT_EQ(violated(), std::set<std::string>{"refusals"});
}

// Everything that the three stores hold, as far as it can be asked for.
class Traces : public AuditTest {
 protected:
  std::string all() {
    std::string text;
    const auto keys = redis().command({"KEYS", "*"});
    std::set<std::string> names;
    const auto list = *keys->value().array();
    for (std::size_t i = 0; i < list.size(); ++i) names.emplace(*list[i].text());
    for (const auto& name : names)
      text += name + *redis::text(redis().command({"DUMP", name})) + "\n";
    const auto rows = database().query(
        "CHECKSUM TABLE campaign, coupon, failed_event, kafka_progress, schema_migration");
    for (const auto& row : *rows) text += row[0].value() + row[1].value_or("") + "\n";
    const auto marks = kafka::Admin(servers().kafka).watermarks(topic);
    for (const auto& [partition, mark] : *marks)
      text += fmt::format("{} {} {}\n", partition, mark.low, mark.high);
    return text;
  }
};

TEST_F(Traces, AreNotLeftByAnAudit) {
  ASSERT_NO_FATAL_FAILURE(issue(30));
  ASSERT_NO_FATAL_FAILURE(apply(31, 40));
  EXPECT_EQ(admit("summer", 41, 5), 5);
  const auto before = all();
  EXPECT_EQ(audit().code, 0);
  EXPECT_EQ(all(), before);
  ASSERT_TRUE(database().execute("DELETE FROM coupon WHERE user_id = 1"));
  const auto broken = all();
  EXPECT_NE(broken, before);
  EXPECT_EQ(audit().code, 4);
  EXPECT_EQ(all(), broken) << "it tells, and mends nothing";
}

class SelfTest : public Traces {
 protected:
  std::int64_t scratch_databases() {
    return number(
        "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE "
        "'couponctl\\_audit\\_%'");
  }
};

TEST_F(SelfTest, FindsEveryAnomalyExactlyAndLeavesNothing) {
  ASSERT_NO_FATAL_FAILURE(issue(10));
  const auto before = all();
  std::vector<std::string> line{COUPONCTL_BINARY, "audit", "--self-test", "--output", "json"};
  Child child(command_line(line));
  EXPECT_EQ(child.wait(5min), 0) << child.out() << child.err();
  EXPECT_EQ(all(), before);
  EXPECT_EQ(scratch_databases(), 0);
  std::set<std::string> covered;
  const auto planted = nlohmann::json::parse(child.out());
  for (const auto& anomaly : planted.at("anomalies"))
    for (const auto& rule : anomaly.at("rules")) covered.insert(rule);
  std::set<std::string> rules;
  const auto audited = audit_json();
  for (const auto& rule : audited.at("rules")) rules.insert(rule.at("rule"));
  EXPECT_EQ(covered, rules) << "every rule has an anomaly";
}

TEST_F(SelfTest, TidiesUpWhenItIsInterrupted) {
  const auto before = all();
  std::vector<std::string> line{COUPONCTL_BINARY, "audit", "--self-test"};
  Child child(command_line(line));
  ASSERT_TRUE(test::eventually([&] { return scratch_databases() > 0; })) << child.err();
  child.signal(SIGINT);
  EXPECT_EQ(child.wait(), 130) << child.err();
  EXPECT_EQ(scratch_databases(), 0);
  EXPECT_EQ(all(), before);
}

// A second Ctrl-C, or a kill, leaves all on the servers.
TEST_F(SelfTest, RemovesWhatAKilledOneHasLeft) {
  const auto before = all();
  std::vector<std::string> line{COUPONCTL_BINARY, "audit", "--self-test"};
  Child killed(command_line(line));
  ASSERT_TRUE(test::eventually([&] {
    const auto keys = redis().command({"KEYS", "*couponctl_audit_*"});
    return keys->value().array()->size() > 0;
  })) << killed.err();
  killed.signal(SIGKILL);
  killed.wait();
  EXPECT_EQ(scratch_databases(), 1);
  Child child(command_line(line));
  EXPECT_EQ(child.wait(5min), 0) << child.out() << child.err();
  EXPECT_NE(child.err().find("left by one that ended early, was removed"), std::string::npos)
      << child.err();
  EXPECT_EQ(scratch_databases(), 0);
  EXPECT_EQ(all(), before);
}

// Admissions, messages and rows move while they are looked at, and the quota with them.
TEST_F(AuditTest, NeverCallsASystemAtWorkViolated) {
  constexpr int users = 20'000;
  ASSERT_NO_FATAL_FAILURE(open("busy", users));
  Child consumer(words({"--batch", "50", "--max-rate", "2000"}));  // there is work for 10 s
  std::string list;
  for (int user = 1; user <= users; ++user) list += std::to_string(user) + "\n";
  std::vector<std::string> line{COUPONCTL_BINARY, "apply", "--campaign",   "busy",
                                "--timeout",      "60s",   "--users-from", "-"};
  Child applicants(command_line(line), list);
  ASSERT_TRUE(test::eventually([&] {
    return *redis::integer(redis().command({"HLEN", "coupon:{busy}:users"})) > 0;
  })) << applicants.err();
  const auto look = [&] {
    const auto [code, out, err] = run({"audit", "--campaign", "busy", "--group", topic});
    EXPECT_EQ(code, 0) << out << err;
    return out.find("CONSISTENT") == std::string::npos;
  };
  int looks_at_work = 0;
  for (int i = 0; i < 8; ++i) {
    looks_at_work += look();
    const auto quota = std::to_string(users + i % 3);
    EXPECT_EQ(run({"campaign", "set-quota", quota, "--campaign", "busy"}).code, 0);
  }
  EXPECT_GT(looks_at_work, 0) << "the load was over before the first look";
  EXPECT_EQ(applicants.wait(), 0) << applicants.err();
  EXPECT_TRUE(test::eventually([&] { return coupons() == users; }, 60s)) << coupons();
  EXPECT_TRUE(test::eventually([&] { return !look(); }));
  consumer.signal(SIGTERM);
  EXPECT_EQ(consumer.wait(), 0) << consumer.err();
}

}  // namespace
}  // namespace couponctl
