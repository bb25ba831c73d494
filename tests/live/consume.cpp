#include "live/consume.h"

#include <atomic>

#include "core/java_long.h"
#include "issuance/wire.h"
#include "ledger/schema.h"

namespace couponctl::live {
namespace {

using namespace std::chrono_literals;

// Asserts at its end that Kafka has every message.
struct Sender {
  explicit Sender(const std::string& brokers)
      : producer({.brokers = brokers},
                 [this](const kafka::Delivery& delivery) { bad += !delivery.result; }) {}
  ~Sender() {
    EXPECT_TRUE(producer.flush(60s));
    EXPECT_EQ(bad, 0);
  }

  std::atomic<int> bad = 0;
  kafka::Producer producer;
};

}  // namespace

std::vector<std::string> Consume::words(std::vector<std::string> more) const {
  std::vector<std::string> line{COUPONCTL_BINARY, "consume", "--group", topic};
  line.insert(line.end(), more.begin(), more.end());
  return command_line(line);
}

test::Finished Consume::drain(std::vector<std::string> more) {
  more.insert(more.begin(), "--until-drained");
  test::Child child(words(more));
  const int code = child.wait(90s);
  return {code, child.out(), child.err()};
}

void Consume::apply(int first, int last) const {
  std::string users;
  for (int user = first; user <= last; ++user) users += std::to_string(user) + "\n";
  const auto [code, out, err] =
      test::couponctl(command_line({"apply", "--campaign", "summer", "--users-from", "-"}), users);
  ASSERT_EQ(code, 0) << err;
}

void Consume::send(const std::string& campaign, int first, int count) {
  Sender sender(servers().kafka.brokers);
  for (int user = first; user < first + count; ++user)
    EXPECT_TRUE(
        issuance::produce(sender.producer, topic, {campaign, 1, core::UserId{user}, user, 1}, 0));
}

void Consume::send_poison(int count) {
  Sender sender(servers().kafka.brokers);
  for (int i = 0; i < count; ++i)
    EXPECT_TRUE(sender.producer.produce({topic, "x", "poison", {}}, 0));
}

void Consume::send_raw(std::optional<std::string_view> key, std::string_view value,
                       const std::vector<kafka::Header>& headers) {
  Sender sender(servers().kafka.brokers);
  EXPECT_TRUE(sender.producer.produce({topic, key, value, headers}, 0));
}

void Consume::send_in_transaction(const std::vector<int>& users, bool commit) {
  const auto client = kafka::make_client(
      RD_KAFKA_PRODUCER, kafka::make_config({{"bootstrap.servers", servers().kafka.brokers},
                                             {"transactional.id", topic}}));
  constexpr int timeout_ms = 30'000;
  const auto succeeds = [](rd_kafka_error_t* error) {
    EXPECT_EQ(error, nullptr) << rd_kafka_error_string(error);
    if (error) rd_kafka_error_destroy(error);
  };
  succeeds(rd_kafka_init_transactions(client.get(), timeout_ms));
  succeeds(rd_kafka_begin_transaction(client.get()));
  for (const int user : users) {
    auto value = core::encode_long(user);
    EXPECT_EQ(rd_kafka_producev(client.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_VALUE(value.data(), value.size()), RD_KAFKA_V_END),
              RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  EXPECT_EQ(rd_kafka_flush(client.get(), timeout_ms), RD_KAFKA_RESP_ERR_NO_ERROR);
  succeeds(commit ? rd_kafka_commit_transaction(client.get(), timeout_ms)
                  : rd_kafka_abort_transaction(client.get(), timeout_ms));
}

void Consume::delete_records_before(std::int64_t offset) {
  const auto client = kafka::make_client(
      RD_KAFKA_PRODUCER, kafka::make_config({{"bootstrap.servers", servers().kafka.brokers}}));
  auto* const list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), 0)->offset = offset;
  auto* request = rd_kafka_DeleteRecords_new(list);
  auto* const queue = rd_kafka_queue_new(client.get());
  rd_kafka_DeleteRecords(client.get(), &request, 1, nullptr, queue);
  auto* const event = rd_kafka_queue_poll(queue, 30'000);
  EXPECT_TRUE(event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_DeleteRecords_destroy(request);
  rd_kafka_topic_partition_list_destroy(list);
}

std::int64_t Consume::count(const std::string& statement) const {
  auto connection = ledger::connect(servers().mysql);
  if (!connection) return -1;
  const auto found = connection->query_integer(statement);
  return found ? *found : -1;
}

}  // namespace couponctl::live
