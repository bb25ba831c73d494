#include "kafka/admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <thread>

#include "kafka/partition_list.h"

namespace couponctl::kafka {
namespace {

using core::Error;
using core::Fault;
using core::Result;

constexpr int replication_default = -1;
constexpr auto leader_poll_interval = std::chrono::milliseconds(20);

using Queue = core::Handle<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Event = core::Handle<rd_kafka_event_t, rd_kafka_event_destroy>;
using AdminOptions = core::Handle<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using NewTopic = core::Handle<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using DeleteTopic = core::Handle<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy>;

AdminOptions make_options(rd_kafka_t* client, rd_kafka_admin_op_t operation, int timeout_ms) {
  AdminOptions options(rd_kafka_AdminOptions_new(client, operation));
  char reason[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, reason, sizeof reason);
  // Wait until the change is made, not only accepted.
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms, reason, sizeof reason);
  return options;
}

// The outcome of an operation on one topic; `harmless` means that it was so already.
Result<void> outcome(const Event& event, const std::string& what, rd_kafka_resp_err_t harmless,
                     auto topics_of) {
  if (!event) return Error{Fault::timeout, {}, what + ": no answer in time"};
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return error_of(code, what);
  std::size_t count = 0;
  const auto** const topics = topics_of(event.get(), &count);
  for (const auto* topic : std::span(topics, count)) {
    const auto code = rd_kafka_topic_result_error(topic);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != harmless) return error_of(code, what);
  }
  return {};
}

using Metadata = core::Handle<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>;

// Of all topics: asking for one by name would create it where the broker does that.
Result<Metadata> read_metadata(rd_kafka_t* client, int timeout_ms) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto code = rd_kafka_metadata(client, 1, nullptr, &metadata, timeout_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(code, "kafka list topics");
  return Metadata(metadata);
}

// nullptr if there is none.
const rd_kafka_metadata_topic* find_topic(const rd_kafka_metadata_t& metadata,
                                          const std::string& topic) {
  const std::span topics(metadata.topics, static_cast<std::size_t>(metadata.topic_cnt));
  const auto found = std::ranges::find_if(
      topics, [&](const rd_kafka_metadata_topic& known) { return topic == known.topic; });
  return found == topics.end() ? nullptr : &*found;
}

}  // namespace

Admin::Admin(const Cluster& cluster, std::chrono::milliseconds timeout)
    : timeout_ms_(static_cast<int>(timeout.count())),
      client_(make_client(RD_KAFKA_PRODUCER, make_config(cluster, {}))) {}

Result<void> Admin::create_topic(const std::string& topic, int partitions) {
  const auto what = fmt::format("kafka create topic '{}'", topic);
  if (is_mock()) return await_leaders(topic);  // it is there once somebody asks for it
  char reason[256];
  const NewTopic request(
      rd_kafka_NewTopic_new(topic.c_str(), partitions, replication_default, reason, sizeof reason));
  if (!request) return Error{Fault::invalid, {}, fmt::format("{}: {}", what, reason)};
  const Queue queue(rd_kafka_queue_new(client_.get()));
  const auto options = make_options(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms_);
  rd_kafka_NewTopic_t* requests[] = {request.get()};
  rd_kafka_CreateTopics(client_.get(), requests, 1, options.get(), queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), timeout_ms_));
  const auto created =
      outcome(event, what, RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS,
              [](const rd_kafka_event_t* done, std::size_t* count) {
                return rd_kafka_CreateTopics_result_topics(
                    rd_kafka_event_CreateTopics_result(const_cast<rd_kafka_event_t*>(done)), count);
              });
  return created ? await_leaders(topic) : created;
}

Result<void> Admin::delete_topic(const std::string& topic) {
  const auto what = fmt::format("kafka delete topic '{}'", topic);
  if (is_mock()) return {};  // it goes with the broker
  const DeleteTopic request(rd_kafka_DeleteTopic_new(topic.c_str()));
  const Queue queue(rd_kafka_queue_new(client_.get()));
  const auto options = make_options(client_.get(), RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout_ms_);
  rd_kafka_DeleteTopic_t* requests[] = {request.get()};
  rd_kafka_DeleteTopics(client_.get(), requests, 1, options.get(), queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), timeout_ms_));
  return outcome(event, what, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                 [](const rd_kafka_event_t* done, std::size_t* count) {
                   return rd_kafka_DeleteTopics_result_topics(
                       rd_kafka_event_DeleteTopics_result(const_cast<rd_kafka_event_t*>(done)),
                       count);
                 });
}

// librdkafka's mock broker knows neither CreateTopics nor DeleteTopics and lets them time out.
bool Admin::is_mock() {
  char* const id = rd_kafka_clusterid(client_.get(), timeout_ms_);
  const bool mock = id && is_mock_cluster(id);
  rd_kafka_mem_free(client_.get(), id);
  return mock;
}

// A broker acknowledges a topic a moment before its partitions answer.
Result<void> Admin::await_leaders(const std::string& topic) {
  const core::Handle<rd_kafka_topic_t, rd_kafka_topic_destroy> wanted(
      rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
  for (const auto deadline =
           std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms_);
       ;) {
    const rd_kafka_metadata_t* raw = nullptr;
    if (rd_kafka_metadata(client_.get(), 0, wanted.get(), &raw, timeout_ms_) ==
        RD_KAFKA_RESP_ERR_NO_ERROR)
      rd_kafka_metadata_destroy(raw);
    const auto marks = watermarks(topic);
    if (marks && !marks->empty()) return {};
    if (std::chrono::steady_clock::now() > deadline)
      return marks ? Error{Fault::timeout, {}, "kafka topic '" + topic + "' has no partition"}
                   : marks.error();
    std::this_thread::sleep_for(leader_poll_interval);
  }
}

Result<bool> Admin::has_topic(const std::string& topic) {
  const auto metadata = read_metadata(client_.get(), timeout_ms_);
  if (!metadata) return metadata.error();
  return find_topic(**metadata, topic) != nullptr;
}

Result<std::map<std::int32_t, Watermarks>> Admin::watermarks(const std::string& topic) {
  const auto metadata = read_metadata(client_.get(), timeout_ms_);
  if (!metadata) return metadata.error();
  const auto what = fmt::format("kafka topic '{}'", topic);
  const auto* const found = find_topic(**metadata, topic);
  if (found == nullptr) return error_of(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, what);
  Offsets partitions;
  for (int i = 0; i < found->partition_cnt; ++i) partitions[found->partitions[i].id] = 0;
  // The ends last: they only grow.
  const auto low = list_offsets(topic, partitions, RD_KAFKA_OFFSET_BEGINNING);
  if (!low) return low.error();
  const auto high = list_offsets(topic, partitions, RD_KAFKA_OFFSET_END);
  if (!high) return high.error();
  std::map<std::int32_t, Watermarks> by_partition;
  for (const auto& [partition, offset] : *low)
    by_partition[partition] = {offset, high->at(partition)};
  return by_partition;
}

// Not with rd_kafka_query_watermark_offsets(): where its question for the beginning fails and the
// one for the end does not, which comes about when a broker is slow, it calls the partition empty.
Result<Offsets> Admin::list_offsets(const std::string& topic, Offsets partitions,
                                    std::int64_t which) {
  for (auto& [partition, offset] : partitions) offset = which;
  const auto list = list_of(topic, partitions);
  const auto code = rd_kafka_offsets_for_times(client_.get(), list.get(), timeout_ms_);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return error_of(code, fmt::format("kafka topic '{}'", topic));
  for (const auto& item : items(*list)) {
    const auto what = fmt::format("kafka topic '{}' partition {}", topic, item.partition);
    if (item.err != RD_KAFKA_RESP_ERR_NO_ERROR) return error_of(item.err, what);
    if (item.offset < 0) return Error{Fault::timeout, {}, what + ": no answer"};
    partitions[item.partition] = item.offset;
  }
  return partitions;
}

}  // namespace couponctl::kafka
