// Are a partition's beginning and end what a broker said, or an error?
#include <gtest/gtest.h>

#include <atomic>

#include "kafka/admin.h"
#include "kafka/mock_broker.h"
#include "kafka/producer.h"
#include "support/child.h"

namespace couponctl::kafka {
namespace {

using namespace std::chrono_literals;

constexpr std::int16_t list_offsets = 2;  // the number of the request
constexpr int messages = 9;

class WatermarksTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(admin_.create_topic("sale", 1));
    std::atomic<int> persisted = 0;
    Producer producer({.brokers = broker_.brokers(), .linger = 0ms}, [&](const Delivery& delivery) {
      persisted += delivery.persistence == Persistence::persisted;
    });
    for (int i = 0; i < messages; ++i)
      ASSERT_TRUE(producer.produce({"sale", std::nullopt, "x", {}}, 1, {}));
    ASSERT_TRUE(test::eventually([&] { return persisted == messages; }));
  }

  MockBroker broker_;
  Admin admin_{{broker_.brokers()}, 5s};
};

// One of the questions fails, and the answer to the other may be there at the same moment. The mock
// broker has several partitions, and the messages lie anywhere on them.
TEST_F(WatermarksTest, NoPartitionIsEmptyBecauseAQuestionFailed) {
  for (int round = 0; round < 50; ++round) {
    broker_.fail_next(list_offsets, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    const auto refused = admin_.watermarks("sale");
    EXPECT_FALSE(refused) << "low " << refused->at(0).low << ", high " << refused->at(0).high;
    const auto marks = admin_.watermarks("sale");
    ASSERT_TRUE(marks) << marks.error().text;
    std::int64_t counted = 0;
    for (const auto& [partition, mark] : *marks) {
      EXPECT_EQ(mark.low, 0);
      counted += mark.high;
    }
    EXPECT_EQ(counted, messages);
  }
}

}  // namespace
}  // namespace couponctl::kafka
