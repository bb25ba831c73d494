#include "kafka/consumer.h"

#include <fmt/format.h>

#include "core/failure.h"

namespace couponctl::kafka {
namespace {

using core::Result;

using PartitionList =
    core::Handle<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

std::string_view view(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), size};
}

}  // namespace

std::optional<std::string_view> Message::value() const {
  if (!message_->payload) return std::nullopt;
  return view(message_->payload, message_->len);
}

std::optional<std::string_view> Message::header(const char* name) const {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message_.get(), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::nullopt;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::nullopt;
  return view(value, size);
}

Consumer::Consumer(const ConsumerOptions& options) : topic_(options.topic) {
  auto config = make_config({{"bootstrap.servers", options.brokers},
                             {"group.id", options.group},
                             {"auto.offset.reset", "earliest"},
                             {"enable.auto.commit", "true"},
                             {"enable.auto.offset.store", "false"},
                             {"partition.assignment.strategy", "range"},
                             {"session.timeout.ms", "10000"},
                             {"heartbeat.interval.ms", "3000"},
                             {"fetch.wait.max.ms", "100"},
                             {"check.crcs", "true"},
                             {"allow.auto.create.topics", "false"},
                             {"topic.metadata.refresh.fast.interval.ms", "50"}});
  client_ = make_client(RD_KAFKA_CONSUMER, std::move(config));
  rd_kafka_poll_set_consumer(client_.get());
  const PartitionList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
  const auto code = rd_kafka_subscribe(client_.get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw core::Failure(core::Exit::runtime, error_of(code, "kafka subscribe").text);
}

Consumer::~Consumer() { rd_kafka_consumer_close(client_.get()); }

Result<std::optional<Message>> Consumer::poll(std::chrono::milliseconds timeout) {
  rd_kafka_message_t* const raw =
      rd_kafka_consumer_poll(client_.get(), static_cast<int>(timeout.count()));
  if (!raw) return std::optional<Message>();
  Message message(raw);
  if (raw->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return std::optional<Message>();
  if (raw->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return error_of(raw->err, fmt::format("kafka consume from '{}'", topic_));
  return std::optional<Message>(std::move(message));
}

int Consumer::assigned_partitions() const {
  rd_kafka_topic_partition_list_t* raw = nullptr;
  if (rd_kafka_assignment(client_.get(), &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
  return PartitionList(raw)->cnt;
}

Result<void> Consumer::done(const Message& message) {
  const auto code =
      rd_kafka_offset_store(message.message_->rkt, message.partition(), message.offset());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "kafka offset store");
  return {};
}

}  // namespace couponctl::kafka
