// Every message goes through a broker and back, so that what is judged is what stands on the wire.
#include "issuance/wire.h"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>

#include "core/java_long.h"
#include "kafka/admin.h"
#include "kafka/mock_broker.h"

namespace couponctl::issuance {
namespace {

using ledger::FailureClass;
using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr auto topic = "coupon_create";
constexpr int mock_partitions = 4;

using PartitionList =
    core::Handle<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

// Sends a message and reads it back; for one message at a time.
class Loop {
 public:
  Loop()
      : producer_({.brokers = broker_.brokers(), .linger = 0ms}, [](const auto&) {}),
        consumer_(kafka::make_client(RD_KAFKA_CONSUMER,
                                     kafka::make_config({{"bootstrap.servers", broker_.brokers()},
                                                         {"group.id", "wire"},
                                                         {"fetch.wait.max.ms", "5"}}))) {
    EXPECT_TRUE(kafka::Admin(broker_.brokers()).create_topic(topic, mock_partitions));
    rd_kafka_poll_set_consumer(consumer_.get());
    const PartitionList all(rd_kafka_topic_partition_list_new(mock_partitions));
    for (int partition = 0; partition < mock_partitions; ++partition)
      rd_kafka_topic_partition_list_add(all.get(), topic, partition)->offset = 0;
    rd_kafka_assign(consumer_.get(), all.get());
  }
  ~Loop() { rd_kafka_consumer_close(consumer_.get()); }

  kafka::Message pass(const Winner& winner) {
    EXPECT_TRUE(produce(producer_, topic, winner, 1));
    return next();
  }
  kafka::Message pass(std::optional<std::string_view> key, std::string_view value,
                      const std::vector<kafka::Header>& headers) {
    EXPECT_TRUE(producer_.produce({topic, key, value, headers}, 1));
    return next();
  }

 private:
  kafka::Message next() {
    for (const auto deadline = std::chrono::steady_clock::now() + 20s;;) {
      auto* const raw = rd_kafka_consumer_poll(consumer_.get(), 100);
      if (raw && raw->err == RD_KAFKA_RESP_ERR_NO_ERROR) return kafka::Message(raw);
      if (raw) rd_kafka_message_destroy(raw);
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("no message came");
    }
  }

  kafka::MockBroker broker_;
  kafka::Producer producer_;
  kafka::ClientHandle consumer_;
};

class Wire : public testing::Test {
 protected:
  static void SetUpTestSuite() { loop = std::make_unique<Loop>(); }
  static void TearDownTestSuite() { loop.reset(); }

  static std::string java_long(std::int64_t value) {
    const auto bytes = core::encode_long(value);
    return {bytes.begin(), bytes.end()};
  }
  static std::vector<kafka::Header> good_headers() {
    return {{"campaign", "summer"}, {"epoch", "2"}, {"seq", "5"}, {"admitted_at", "1700000000000"}};
  }
  // Of user 42 with these headers.
  static std::optional<FailureClass> failure(const std::vector<kafka::Header>& headers,
                                             std::optional<std::string_view> key = "42") {
    const auto message = loop->pass(key, java_long(42), headers);
    return read(message, "default").failed;
  }
  static std::optional<FailureClass> failure_with(std::size_t place, std::string_view value) {
    auto headers = good_headers();
    headers[place].value = value;
    return failure(headers);
  }

  static std::unique_ptr<Loop> loop;
};

std::unique_ptr<Loop> Wire::loop;

constexpr auto poison = FailureClass::poison;

TEST_F(Wire, ReadsBackWhatItWrote) {
  for (const std::int64_t user :
       {std::int64_t{0}, std::int64_t{42}, std::numeric_limits<std::int64_t>::max()}) {
    const auto message = loop->pass(Winner{"summer", 3, core::UserId{user}, 17, 1'700'000'000'000});
    const auto result = read(message, "default");
    EXPECT_EQ(result.failed, std::nullopt);
    EXPECT_EQ(result.campaign, "summer");
    EXPECT_EQ(result.epoch, 3);
    EXPECT_EQ(core::number(result.user), user);
    EXPECT_EQ(result.seq, 17);
  }
}

TEST_F(Wire, ASpringConsumerReadsOurs) {
  const auto message = loop->pass(Winner{"summer", 1, core::UserId{258}, 1, 1});
  EXPECT_EQ(message.value(), "\0\0\0\0\0\0\1\2"s);  // LongDeserializer: 8 bytes, big-endian
  EXPECT_EQ(message.key(), "258");
}

TEST_F(Wire, ASpringMessageBelongsToTheDefaultCampaign) {
  const auto with_any_key = loop->pass("order-17", java_long(7), {});
  const auto without_key = loop->pass(std::nullopt, java_long(7), {{"__TypeId__", "\xff\x00x"}});
  for (const auto* message : {&with_any_key, &without_key}) {
    const auto result = read(*message, "default");
    EXPECT_EQ(result.failed, std::nullopt);
    EXPECT_EQ(result.campaign, "default");
    EXPECT_EQ(result.epoch, std::nullopt);
    EXPECT_EQ(core::number(result.user), 7);
    EXPECT_EQ(result.seq, 0);
  }
}

TEST_F(Wire, AValueThatIsNoUserIsPoison) {
  const std::string values[] = {"",
                                "1234567",
                                "123456789",
                                "42",
                                java_long(-1),
                                java_long(std::numeric_limits<std::int64_t>::min()),
                                "{\"userId\":1}",
                                std::string(100'000, 'x')};
  for (const auto& value : values) {
    const auto message = loop->pass("42", value, {});
    const auto result = read(message, "default");
    EXPECT_EQ(result.failed, poison) << value.substr(0, 20);
    EXPECT_EQ(result.payload, value);
  }
}

TEST_F(Wire, ANullValueIsPoisonAndNotAnEmptyOne) {
  const auto message = loop->pass("42", std::string_view(), {});
  const auto result = read(message, "default");
  EXPECT_EQ(result.failed, poison);
  EXPECT_EQ(result.payload, std::nullopt);
}

TEST_F(Wire, EachOfOurHeadersMustBeThereOrNone) {
  EXPECT_EQ(failure(good_headers()), std::nullopt);
  for (std::size_t missing = 0; missing < 4; ++missing) {
    auto headers = good_headers();
    headers.erase(headers.begin() + static_cast<std::ptrdiff_t>(missing));
    EXPECT_EQ(failure(headers), poison) << missing;
  }
  for (const auto& alone : good_headers()) EXPECT_EQ(failure({alone}), poison) << alone.name;
}

TEST_F(Wire, AHeaderOfOursTwiceIsPoison) {
  for (const auto& repeated : good_headers()) {
    auto headers = good_headers();
    headers.push_back(repeated);
    EXPECT_EQ(failure(headers), poison) << repeated.name;
  }
}

TEST_F(Wire, AHeaderOfOthersMayBeAnything) {
  auto headers = good_headers();
  headers.push_back({"trace", "\xff\xfe"});
  headers.push_back({"trace", "a\0b"});
  headers.push_back({"Campaign", "X"});
  EXPECT_EQ(failure(headers), std::nullopt);
}

TEST_F(Wire, ABadCampaignNameIsPoison) {
  const std::string names[] = {"",        "1);DELETE", "../x",  std::string(33, 'a'),
                               "Summer",  "caf\xe9",   "a\0b"s, "summer\0"s,
                               "summer ", "{a}"};
  for (const auto& name : names) EXPECT_EQ(failure_with(0, name), poison) << name;
  EXPECT_EQ(failure_with(0, std::string(32, 'a')), std::nullopt);
}

TEST_F(Wire, ANumberThatIsNoneIsPoison) {
  const std::string texts[] = {"",
                               "abc",
                               "-1",
                               "+1",
                               " 1",
                               "1 ",
                               "01",
                               "0x1",
                               "1e3",
                               "1.0",
                               "9223372036854775808",
                               "1\0"s,
                               "\xef\xbc\x91"};
  for (std::size_t place = 1; place < 4; ++place)
    for (const auto& text : texts) EXPECT_EQ(failure_with(place, text), poison) << text;
}

// Redis and the next round must be able to count on from it.
TEST_F(Wire, AnEpochThatNoCampaignCanHaveIsPoison) {
  for (const auto* text : {"1", "4503599627370496"}) EXPECT_EQ(failure_with(1, text), std::nullopt);
  for (const auto* text : {"0", "4503599627370497", "9223372036854775807"})
    EXPECT_EQ(failure_with(1, text), poison) << text;
}

TEST_F(Wire, ANullHeaderIsPoison) { EXPECT_EQ(failure_with(2, std::string_view()), poison); }

TEST_F(Wire, Seq0IsAccepted) { EXPECT_EQ(failure_with(2, "0"), std::nullopt); }

TEST_F(Wire, OurHeadersWithAnotherKeyArePoison) {
  for (const auto* key : {"43", "042", "", "42 "}) EXPECT_EQ(failure(good_headers(), key), poison);
  EXPECT_EQ(failure(good_headers(), std::nullopt), poison);
}

}  // namespace
}  // namespace couponctl::issuance
