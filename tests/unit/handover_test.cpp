// Does a broken producer cost anybody a message? On librdkafka's broker, which can be told to err.
#include "issuance/handover.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "kafka/client.h"  // rdkafka.h has to come before rdkafka_mock.h

#include <librdkafka/rdkafka_mock.h>

namespace couponctl::issuance {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::int16_t produce_request = 0;
constexpr auto breaks_it = RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER;

class HandoverOnMock : public testing::Test {
 protected:
  HandoverOnMock() { rd_kafka_mock_topic_create(cluster_.get(), "coupon_create", 1, 1); }

  void fail_next(int requests, rd_kafka_resp_err_t error = breaks_it) {
    for (int i = 0; i < requests; ++i)
      rd_kafka_mock_push_request_errors(cluster_.get(), produce_request, 1, error);
  }

  static std::vector<Winner> winners(int first, int count) {
    std::vector<Winner> list;
    for (int user = first; user < first + count; ++user)
      list.push_back({"summer", 1, core::UserId{user}, user, 1});
    return list;
  }

  static std::ptrdiff_t count_persisted(Handover& handover, int first, int count) {
    const auto persisted = handover.send(winners(first, count), Clock::now() + 30s);
    return std::ranges::count(persisted, true);
  }

  kafka::ClientHandle client_ = kafka::make_client(RD_KAFKA_PRODUCER, kafka::make_config({}));
  core::Handle<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy> cluster_{
      rd_kafka_mock_cluster_new(client_.get(), 1)};
  Handover handover_{{.brokers = {rd_kafka_mock_cluster_bootstraps(cluster_.get())}}};
};

TEST_F(HandoverOnMock, SendsAgainWhatABrokenProducerHeld) {
  EXPECT_EQ(count_persisted(handover_, 1, 10), 10);
  fail_next(1);
  EXPECT_EQ(count_persisted(handover_, 11, 500), 500);
  EXPECT_EQ(count_persisted(handover_, 511, 10), 10);
}

TEST_F(HandoverOnMock, SharedByManyEveryCallGetsItsReports) {
  constexpr int threads = 8;
  constexpr int calls = 40;
  std::atomic<std::ptrdiff_t> persisted = 0;
  {
    std::vector<std::jthread> callers;
    for (int thread = 0; thread < threads; ++thread)
      callers.emplace_back([&, thread] {
        for (int call = 0; call < calls; ++call) {
          if (thread == 0 && call % 10 == 5) fail_next(1);
          persisted += count_persisted(handover_, (thread * calls + call) * 5, 5);
        }
      });
  }
  EXPECT_EQ(persisted, threads * calls * 5);
}

TEST_F(HandoverOnMock, GivesUpOnAClusterThatBreaksEveryProducer) {
  fail_next(50);
  // It ends long before that deadline, or this suite runs into its time-out.
  EXPECT_EQ(handover_.send(winners(1, 1), Clock::now() + 1h), std::vector<bool>{false});
}

TEST(HandoverOnAFullQueue, GivesUpOnAllWhenTheTimeIsUp) {
  // Nobody answers there, and the queue takes ten.
  Handover handover(
      {.brokers = {"127.0.0.1:1", {{"queue.buffering.max.messages", "10"}}}, .topic = "t"});
  std::vector<Winner> winners;
  for (int user = 1; user <= 100; ++user)
    winners.push_back({"summer", 1, core::UserId{user}, user, 1});
  const auto began = Clock::now();
  EXPECT_EQ(handover.send(winners, began + 200ms), std::vector<bool>(100));
  EXPECT_LT(Clock::now() - began, 4s) << "one message's patience, and not everybody's";
}

TEST(HandoverOnAFullQueue, StopsWaitingWhenToldTo) {
  kafka::Producer producer({.brokers = {"127.0.0.1:1", {{"queue.buffering.max.messages", "1"}}}},
                           [](const auto&) {});
  ASSERT_TRUE(producer.produce({"t", "key", "value", {}}, 1));
  std::stop_source stop;
  stop.request_stop();
  const auto refused =
      producer.produce({"t", "key", "value", {}}, 2, {Clock::now() + 1h, stop.get_token()});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(kafka::has_no_room(refused.error())) << refused.error().text;
}

TEST_F(HandoverOnMock, AReportThatIsNotTakenBreaksTheProducerAndNotTheProcess) {
  kafka::Producer producer({.brokers = {rd_kafka_mock_cluster_bootstraps(cluster_.get())}},
                           [](const auto&) { throw std::runtime_error("no memory"); });
  ASSERT_TRUE(producer.produce({"coupon_create", "key", "value", {}}, 1));
  ASSERT_TRUE(producer.flush(30s));
  ASSERT_TRUE(producer.fatal_error());
  EXPECT_NE(producer.fatal_error()->text.find("no memory"), std::string::npos);
}

TEST_F(HandoverOnMock, DoesNotSendAgainWhatTheBrokerRefuses) {
  fail_next(1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  EXPECT_EQ(count_persisted(handover_, 1, 1), 0);
  EXPECT_EQ(count_persisted(handover_, 1, 1), 1);
}

}  // namespace
}  // namespace couponctl::issuance
