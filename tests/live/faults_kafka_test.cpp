// What becomes of the hand-over when an applicant or the broker stops, dies or cannot write?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "kafka/admin.h"
#include "kafka/client.h"
#include "live/faults.h"
#include "process/state.h"

namespace couponctl {
namespace {

using namespace std::chrono_literals;
using stack::Server;
using test::Child;
using test::eventually;

class KafkaFaults : public live::Faults {
 protected:
  KafkaFaults() : Faults(1, live::servers_of(live::harmed_servers())) {}

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(migrate());
    ASSERT_NO_FATAL_FAILURE(open("summer", 5000));
  }

  static stack::Stack& stack() { return live::harmed_servers(); }

  Child start(std::vector<std::string> words) const {
    words.insert(words.begin(), COUPONCTL_BINARY);
    return Child(command_line(std::move(words)));
  }
  bool reaches(std::int64_t rows) const {
    return eventually([&] { return coupons() == rows; }, 60s);
  }

  void add_partitions(std::size_t partitions) const {
    const auto client = kafka::make_client(
        RD_KAFKA_PRODUCER, kafka::make_config({{"bootstrap.servers", servers().kafka.brokers}}));
    char text[512];
    auto* request = rd_kafka_NewPartitions_new(topic.c_str(), partitions, text, sizeof text);
    auto* const queue = rd_kafka_queue_new(client.get());
    rd_kafka_CreatePartitions(client.get(), &request, 1, nullptr, queue);
    auto* const event = rd_kafka_queue_poll(queue, 30'000);
    EXPECT_TRUE(event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewPartitions_destroy(request);
    EXPECT_TRUE(eventually([&] {
      const auto marks = kafka::Admin(servers().kafka).watermarks(topic);
      return marks && marks->size() == partitions;
    }));
  }
};

TEST_F(KafkaFaults, AnApplicantThatIsPausedAfterItWasAdmittedIsServedOnce) {
  Child child(faulty("apply.produced:1:stop", apply_words({"--user", "7"})));
  ASSERT_TRUE(has_stopped(child)) << child.err();
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(coupons(), 1);
  EXPECT_EQ(outbox(), 0);
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 0) << child.err();
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(coupons(), 1);
  EXPECT_EQ(failed_events(), 0);
  EXPECT_EQ(admitted(), 1) << "nobody took the place back";
}

TEST_F(KafkaFaults, ASigtermEndsApplyWithTheBatchesInHandAndNobodyIsLost) {
  ASSERT_EQ(run({"campaign", "set-quota", "20000", "--campaign", "summer"}).code, 0);
  std::string lines;
  for (int user = 1; user <= 20'000; ++user) lines += std::to_string(user) + "\n";
  Child child(
      faulty("apply.answered:2:stop", apply_words({"--users-from", "-", "--output", "json"})),
      lines);
  ASSERT_TRUE(has_stopped(child)) << child.err();
  child.signal(SIGTERM);
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 128 + SIGTERM) << child.err();
  std::istringstream told(child.out());
  int queued = 0;
  for (std::string line; std::getline(told, line);)
    if (nlohmann::json::parse(line).at("decision") == "QUEUED") ++queued;
  EXPECT_GE(queued, 2000);
  EXPECT_LT(queued, 20'000);
  EXPECT_EQ(admitted(), queued);
  EXPECT_EQ(outbox(), 0) << "all whom it told are on the topic";
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(users(), queued);
}

TEST_F(KafkaFaults, ABrokerThatRestartsDuringTheHandOverGetsEveryMessage) {
  ASSERT_TRUE(stack().kill(Server::kafka));
  Child patient = start(apply_words({"--user", "1", "--timeout", "2m"}));
  const auto hasty = apply({"--user", "2", "--timeout", "500ms"});
  EXPECT_EQ(hasty.code, 13) << hasty.err;
  EXPECT_EQ(outbox(), 2);
  ASSERT_TRUE(stack().start(Server::kafka));
  EXPECT_EQ(patient.wait(), 0) << patient.err();
  EXPECT_EQ(outbox(), 1);
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(users(), 2);
  EXPECT_EQ(coupons(), 2);
  EXPECT_EQ(outbox(), 0);
}

TEST_F(KafkaFaults, ABrokerThatHangsIsNotWaitedForLongerThanAsked) {
  Child consumer(words());
  send("summer", 1, 10);
  ASSERT_TRUE(reaches(10)) << consumer.err();
  ASSERT_TRUE(stack().pause(Server::kafka));
  const auto doubtful = apply({"--user", "11", "--timeout", "500ms"});
  EXPECT_EQ(doubtful.code, 13) << doubtful.err;
  EXPECT_EQ(outbox(), 1);
  ASSERT_TRUE(stack().resume(Server::kafka));
  EXPECT_TRUE(reaches(11)) << consumer.err();
  EXPECT_TRUE(eventually([&] { return outbox() == 0; })) << consumer.err();
  EXPECT_EQ(apply({"--user", "11"}).code, 10);
  send("summer", 12, 10);
  EXPECT_TRUE(reaches(21)) << consumer.err();
  EXPECT_EQ(users(), 21);
  consumer.signal(SIGTERM);
  EXPECT_EQ(consumer.wait(), 0) << consumer.err();
}

TEST_F(KafkaFaults, ABrokerThatCannotWriteStopsAdmissionsWhenTheOutboxIsFull) {
  ASSERT_EQ(run({"campaign", "open", "winter", "--quota", "100", "--outbox-max", "2"}).code, 0);
  const auto ask = [&](const char* user) {
    return run({"apply", "--campaign", "winter", "--user", user, "--timeout", "1s"});
  };
  const auto broker = stack().pid(Server::kafka);
  {
    const live::FullDisk full(broker, 16);
    EXPECT_EQ(ask("1").code, 13);
    EXPECT_EQ(ask("2").code, 13);
    const auto third = ask("3");
    EXPECT_EQ(third.code, 3) << third.err;
    EXPECT_NE(third.err.find("the outbox of campaign winter is full"), std::string::npos)
        << third.err;
  }
  // A broker without a disk that it can write to has ended itself.
  EXPECT_TRUE(eventually([&] { return process::is_gone(broker); }, 30s));
  ASSERT_TRUE(stack().start(Server::kafka));
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(users(), 2);
  // In doubt first, if the broker takes its time.
  EXPECT_TRUE(eventually([&] {
    const int code = ask("3").code;
    return code == 0 || code == 10;
  }));
}

TEST_F(KafkaFaults, PartitionsThatAreAddedAreReadByWhoRunsAndByWhoStarts) {
  Child consumer(
      words({"--kafka-property", "topic.metadata.refresh.interval.ms=500", "--batch", "10"}));
  send("summer", 1, 20);
  ASSERT_TRUE(reaches(20)) << consumer.err();
  add_partitions(4);
  send("summer", 21, 80);
  EXPECT_TRUE(reaches(100)) << consumer.err();
  EXPECT_EQ(count("SELECT COUNT(*) FROM kafka_progress WHERE next_off > 0"), 4);
  consumer.signal(SIGTERM);
  EXPECT_EQ(consumer.wait(), 0) << consumer.err();
  add_partitions(6);
  send("summer", 101, 80);
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(users(), 180);
  EXPECT_EQ(count("SELECT COUNT(*) FROM kafka_progress WHERE next_off > 0"), 6);
}

TEST_F(KafkaFaults, AGroupOfAnotherNameGoesOnAtTheLedgersProgress) {
  send("summer", 1, 20);
  ASSERT_EQ(drain().code, 0);
  send("summer", 21, 5);
  const auto [code, out, err] = drain_anew({"--output", "json"});
  ASSERT_EQ(code, 0) << err;
  EXPECT_EQ(nlohmann::json::parse(out).at("read"), 5);
  EXPECT_EQ(users(), 25);
}

// Acknowledged, not yet read, and gone: as after an unclean election.
TEST_F(KafkaFaults, WhatTheBrokerLostIsFoundByAuditAndSentAgainByRecover) {
  for (int first = 1; first <= 100; first += 10) {
    ASSERT_EQ(admit("summer", first, 10), 10);
    send("summer", first, 10);  // one batch, which is lost or kept as a whole
  }
  hand_over("summer");
  ASSERT_TRUE(stack().kill(Server::kafka));
  const auto data = stack().addresses().mysql_socket.parent_path().parent_path() / "kafka" / "data";
  const auto segment = data / (topic + "-0") / "00000000000000000000.log";
  std::filesystem::resize_file(segment, std::filesystem::file_size(segment) / 2);
  ASSERT_TRUE(stack().start(Server::kafka));

  const auto looked = run({"audit", "--campaign", "summer"});
  EXPECT_EQ(looked.code, 4) << looked.out;
  EXPECT_NE(looked.out.find("none-lost"), std::string::npos) << looked.out;
  const auto recovered = json({"recover", "--campaign", "summer", "--drain", "0s"});
  EXPECT_GE(recovered["sent_again"], 10);
  EXPECT_EQ(recovered["admitted"], 100);
  drain_all();
  EXPECT_EQ(coupons(), 100);
  EXPECT_EQ(run({"audit", "--campaign", "summer"}).code, 0);
}

}  // namespace
}  // namespace couponctl
