// Does `consume` stop, and say why, where going on would hide what is lost?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

#include "core/java_long.h"
#include "kafka/admin.h"
#include "ledger/schema.h"
#include "live/consume.h"
#include "support/broken_input.h"

#include <librdkafka/rdkafka_mock.h>

namespace couponctl {
namespace {

using namespace std::chrono_literals;
using stack::Server;
using test::Child;
using test::eventually;

class ConsumeStops : public live::Consume {
 protected:
  explicit ConsumeStops(const servers::Servers& servers = live::servers()) : Consume(1, servers) {}

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(migrate());
    ASSERT_NO_FATAL_FAILURE(open("summer", 100));
  }

  void make_topic_anew() {
    kafka::Admin admin(servers().kafka);
    ASSERT_TRUE(admin.delete_topic(topic));
    ASSERT_TRUE(eventually([&] {
      const auto found = admin.has_topic(topic);
      return found && !*found;
    }));
    ASSERT_TRUE(eventually([&] { return !!admin.create_topic(topic, 1); }));
  }

  static void expect_stop(Child& child, const std::string& what) {
    EXPECT_EQ(child.wait(), 1) << child.err();
    EXPECT_NE(child.err().find(what), std::string::npos) << child.err();
    EXPECT_NE(child.err().find("Nothing more was written"), std::string::npos) << child.err();
  }
};

TEST_F(ConsumeStops, AtAnotherMessageWhereAFailedEventWas) {
  send_poison(5);
  ASSERT_EQ(drain().code, 0);
  make_topic_anew();
  send("nobody-knows", 1, 3);
  EXPECT_EQ(*database().execute("UPDATE kafka_progress SET next_off = 0"), 1);
  Child child(words());
  expect_stop(child, "partition 0: offset 0 holds another message");
  EXPECT_NE(child.err().find(topic), std::string::npos) << child.err();
  EXPECT_EQ(failed("POISON"), 5);
  EXPECT_EQ(failed("UNKNOWN_CAMPAIGN"), 0);
  EXPECT_EQ(progress(), 0);
}

TEST_F(ConsumeStops, NotAtTheSameMessageReadAgain) {
  send_poison(5);
  ASSERT_EQ(drain().code, 0);
  send("nobody-knows", 1, 3);
  send_raw({}, {}, {});
  ASSERT_EQ(drain().code, 0);
  send("summer", 1, 4);
  EXPECT_EQ(*database().execute("UPDATE kafka_progress SET next_off = 2"), 1);
  const auto [code, out, err] = drain();
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(failed("POISON"), 6);
  EXPECT_EQ(failed("UNKNOWN_CAMPAIGN"), 3);
  EXPECT_EQ(coupons(), 4);
  EXPECT_EQ(progress(), 13);
}

TEST_F(ConsumeStops, AtTheStartWhereTheTopicEndsBeforeTheProgress) {
  send("summer", 1, 10);
  ASSERT_EQ(drain().code, 0);
  make_topic_anew();
  send("summer", 11, 3);
  Child child(words());
  expect_stop(child, "everything before offset 10 was read, and the partition ends at 3");
  EXPECT_EQ(coupons(), 10);
}

TEST_F(ConsumeStops, WhileItRunsWhereTheTopicEndsBeforeTheProgress) {
  send("summer", 1, 10);
  Child child(words());
  ASSERT_TRUE(eventually([&] { return coupons() == 10; })) << child.err();
  make_topic_anew();
  send("summer", 11, 3);
  expect_stop(child, "everything before offset 10 was read, and the partition ends at ");
  EXPECT_EQ(coupons(), 10);
}

TEST_F(ConsumeStops, WhenItsProgressIsGone) {
  send("summer", 1, 10);
  Child child(words());
  ASSERT_TRUE(eventually([&] { return progress() == 10; })) << child.err();
  EXPECT_EQ(*database().execute("DELETE FROM kafka_progress"), 1);
  send("summer", 11, 3);
  expect_stop(child, "which stood at offset 10, is gone from kafka_progress");
  EXPECT_EQ(coupons(), 10);
  const auto [code, out, err] = run({"consume", "--until-drained", "--group", topic + "_anew"});
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(coupons(), 13) << "what the mend promises";
}

TEST_F(ConsumeStops, OnADatabaseThatCanLoseCommits) {
  ASSERT_TRUE(database().execute("SET GLOBAL innodb_flush_log_at_trx_commit = 2"));
  const auto refused = drain();
  const auto allowed = drain({"--allow-unsafe"});
  ASSERT_TRUE(database().execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1"));
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("innodb_flush_log_at_trx_commit is 2"), std::string::npos)
      << refused.err;
  EXPECT_EQ(allowed.code, 0) << allowed.err;
  EXPECT_NE(allowed.err.find("warning: mysql: innodb_flush"), std::string::npos) << allowed.err;
}

TEST_F(ConsumeStops, OnADatabaseThatCutsWhatDoesNotFit) {
  ASSERT_TRUE(database().execute("SET GLOBAL sql_mode = ''"));
  const auto refused = drain();
  ASSERT_TRUE(database().execute("SET GLOBAL sql_mode = DEFAULT"));
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("sql_mode is ''"), std::string::npos) << refused.err;
}

TEST_F(ConsumeStops, OnARedisThatMayForget) {
  ASSERT_TRUE(redis().command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}));
  const auto refused = drain();
  const auto allowed = drain({"--allow-unsafe"});
  ASSERT_TRUE(redis().command({"CONFIG", "SET", "maxmemory-policy", "noeviction"}));
  EXPECT_EQ(refused.code, 2) << refused.err;
  EXPECT_NE(refused.err.find("it may evict who was admitted"), std::string::npos) << refused.err;
  EXPECT_EQ(allowed.code, 0) << allowed.err;
}

std::optional<stack::Stack> own_stack;

class OwnServers : public live::Consume {
 protected:
  OwnServers() : Consume(2, live::servers_of(*own_stack)) {}

  static void SetUpTestSuite() { own_stack.emplace(live::start_stack()); }
  static void TearDownTestSuite() { own_stack.reset(); }

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(migrate());
    ASSERT_NO_FATAL_FAILURE(open("summer", 1000));
  }

  // Whether somebody has asked the database something that it has not read.
  static bool a_question_hangs() {
    const auto port = fmt::format(":{:04X}", own_stack->addresses().mysql.port);
    std::ifstream table("/proc/net/tcp");
    std::string number, local, remote, state, queues, rest;
    while (table >> number >> local >> remote >> state >> queues && std::getline(table, rest)) {
      constexpr const char* established = "01";
      const bool unread = !queues.ends_with(":00000000");
      if (local.ends_with(port) && state == established && unread) return true;
    }
    return false;
  }

  // Flips a bit in the last message that the broker has of that partition.
  void spoil_last_message(int partition) const {
    const auto directory = own_stack->addresses().mysql_socket.parent_path().parent_path();
    const auto segment = directory / "kafka" / "data" / fmt::format("{}-{}", topic, partition) /
                         "00000000000000000000.log";
    const auto size = std::filesystem::file_size(segment);
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    ASSERT_TRUE(file) << segment;
    const auto place = static_cast<std::streamoff>(size - 2);
    const char byte = static_cast<char>(file.seekg(place).get());
    file.seekp(place).put(static_cast<char>(byte ^ 1));
    ASSERT_TRUE(file.flush());
  }
};

// The broker reads no checksums: only the consumer can notice.
TEST_F(OwnServers, ASpoiledMessageStopsItsPartitionAndNoOther) {
  send("summer", 1, 40);
  ASSERT_TRUE(own_stack->stop(Server::kafka));
  spoil_last_message(0);
  ASSERT_TRUE(own_stack->start(Server::kafka));
  send("summer", 41, 40);
  Child child(words());
  EXPECT_TRUE(eventually([&] { return child.err().find("SPOILED") != std::string::npos; }, 60s))
      << child.err();
  const auto ends = *kafka::Admin(servers().kafka).watermarks(topic);
  const auto* const other = "SELECT next_off FROM kafka_progress WHERE part = 1";
  EXPECT_TRUE(eventually([&] { return count(other) == ends.at(1).high; })) << child.err();
  send("summer", 81, 40);
  const auto later = *kafka::Admin(servers().kafka).watermarks(topic);
  EXPECT_TRUE(eventually([&] { return count(other) == later.at(1).high; })) << child.err();
  EXPECT_LT(count("SELECT next_off FROM kafka_progress WHERE part = 0"), ends.at(0).high);
  EXPECT_EQ(coupons(), progress()) << "nothing was passed over";
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 1) << child.err();
  EXPECT_EQ(child.err().find("SPOILED"), child.err().rfind("SPOILED")) << child.err();
}

TEST_F(OwnServers, ADatabaseThatHangsDoesNotKeepItFromStopping) {
  Child child(words({"--shutdown-timeout", "1s"}));
  send("summer", 1, 50);
  ASSERT_TRUE(eventually([&] { return coupons() == 50; }, 60s)) << child.err();
  ASSERT_TRUE(own_stack->pause(Server::mysql));
  send("summer", 51, 50);
  EXPECT_TRUE(eventually(a_question_hangs)) << child.err();
  child.signal(SIGTERM);
  const int code = child.wait();
  ASSERT_TRUE(own_stack->resume(Server::mysql));
  EXPECT_EQ(code, 1) << child.err();
  EXPECT_NE(child.err().find("not stopped within 1s"), std::string::npos) << child.err();
  const auto [drained, out, err] = drain();
  EXPECT_EQ(drained, 0) << err;
  EXPECT_EQ(coupons(), 100);
  EXPECT_EQ(users(), 100);
}

TEST_F(ConsumeStops, SaysThatItsGroupHasNoCoordinatorAndStopsWhenTold) {
  // librdkafka's broker, which can be told to have none.
  constexpr std::int16_t find_coordinator = 10;
  kafka::ClientHandle client = kafka::make_client(RD_KAFKA_PRODUCER, kafka::make_config({}));
  const core::Handle<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy> cluster(
      rd_kafka_mock_cluster_new(client.get(), 1));
  rd_kafka_mock_topic_create(cluster.get(), topic.c_str(), 1, 1);
  for (int i = 0; i < 1000; ++i)
    rd_kafka_mock_push_request_errors(cluster.get(), find_coordinator, 1,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE);
  test::Child consumer(words({"--kafka", rd_kafka_mock_cluster_bootstraps(cluster.get())}));
  EXPECT_TRUE(test::eventually([&] {
    return consumer.err().find("not yet in group " + topic) != std::string::npos;
  })) << consumer.err();
  EXPECT_NE(consumer.err().find("Coordinator not available"), std::string::npos) << consumer.err();
  consumer.signal(SIGTERM);
  EXPECT_EQ(consumer.wait(9s), 0) << consumer.err();
}

// A listener that never answers is a broker that is silent.
TEST_F(ConsumeStops, WhenToldWhileNoBrokerAnswers) {
  test::BrokenInput silent("");
  Child child(words({"--kafka", fmt::format("127.0.0.1:{}", silent.port())}));
  ASSERT_TRUE(silent.accept()) << child.err();
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(5s), 0) << child.err();
}

TEST_F(ConsumeStops, EndsWithAWordWhenItsRelayCannotGoOn) {
  open("sale", 1);
  ASSERT_EQ(admit("sale", 1, 1), 1);  // so that the relay makes a producer, which refuses this
  test::Child consumer(words({"--kafka-property", "message.timeout.ms=1"}));
  EXPECT_EQ(consumer.wait(60s), 2) << consumer.err();
  EXPECT_NE(consumer.err().find("message.timeout.ms"), std::string::npos) << consumer.err();
}

}  // namespace
}  // namespace couponctl
