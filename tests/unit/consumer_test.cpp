// Does a consumer say what it waits for, and does it end? On librdkafka's broker, which can be told
// to err and to be slow.
#include "kafka/consumer.h"

#include <gtest/gtest.h>

#include <librdkafka/rdkafka_mock.h>

namespace couponctl::kafka {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::int16_t find_coordinator = 10;

class ConsumerOnMock : public testing::Test {
 protected:
  ConsumerOnMock() { rd_kafka_mock_topic_create(cluster_.get(), "t", 1, 1); }

  ConsumerOptions options() {
    return {.brokers = {rd_kafka_mock_cluster_bootstraps(cluster_.get())},
            .group = "group_1",
            .topic = "t",
            .events = ConsumerEvents{.assigned = [this](const auto&) { assigned(); },
                                     .revoked = [](bool) {},
                                     .end = [](auto, auto) {},
                                     .out_of_range = [](auto) {}}};
  }

  static bool polls_until(Consumer& consumer, const auto& holds) {
    const auto deadline = Clock::now() + 30s;
    while (!holds() && Clock::now() < deadline) static_cast<void>(consumer.poll(50ms));
    return holds();
  }

  ClientHandle client_ = make_client(RD_KAFKA_PRODUCER, make_config({}));
  core::Handle<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy> cluster_{
      rd_kafka_mock_cluster_new(client_.get(), 1)};
  std::function<void()> assigned = [] {};
};

TEST_F(ConsumerOnMock, SaysThatItsGroupHasNoCoordinator) {
  for (int i = 0; i < 1000; ++i)
    rd_kafka_mock_push_request_errors(cluster_.get(), find_coordinator, 1,
                                      RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE);
  Consumer consumer(options());
  EXPECT_TRUE(polls_until(consumer, [&] {
    return consumer.complaint().find("Coordinator not available") != std::string::npos;
  })) << consumer.complaint();
}

TEST_F(ConsumerOnMock, EndsInTimeWhenTheBrokerDoesNotAnswerAnyMore) {
  constexpr int broker = 1;
  constexpr int never_ms = 600'000;
  bool in_group = false;
  assigned = [&] { in_group = true; };
  Clock::time_point began;
  {
    Consumer consumer(options());
    ASSERT_TRUE(polls_until(consumer, [&] { return in_group; }));
    EXPECT_EQ(consumer.complaint(), "");
    rd_kafka_mock_broker_set_rtt(cluster_.get(), broker, never_ms);
    began = Clock::now();
  }
  EXPECT_LT(Clock::now() - began, 20s);
}

TEST_F(ConsumerOnMock, ThrowsOnWhatAnEventThrows) {
  assigned = [] { throw std::runtime_error("no memory"); };
  Consumer consumer(options());
  const auto poll_all = [&] { polls_until(consumer, [] { return false; }); };
  EXPECT_THROW(poll_all(), std::runtime_error);
}

}  // namespace
}  // namespace couponctl::kafka
