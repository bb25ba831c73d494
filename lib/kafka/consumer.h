// Reads messages from Kafka, as a member of a group or beside it; commits only what it is told to.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/client.h"

namespace couponctl::kafka {

// A header as it was read; a null value is an empty one.
struct ReadHeader {
  std::string_view name;
  std::string_view value;
};

class Message {
 public:
  explicit Message(rd_kafka_message_t* message) : message_(message) {}

  std::int32_t partition() const { return message_->partition; }
  std::int64_t offset() const { return message_->offset; }
  // nullopt is a null value (a tombstone), which is not the same as an empty one.
  std::optional<std::string_view> value() const;
  std::optional<std::string_view> key() const;
  // The last header of that name.
  std::optional<std::string_view> header(const char* name) const;
  // All headers in their order: nullopt after the last one.
  std::optional<ReadHeader> header_at(std::size_t index) const;

 private:
  friend class Consumer;
  core::Handle<rd_kafka_message_t, rd_kafka_message_destroy> message_;
};

using Offsets = std::map<std::int32_t, std::int64_t>;  // by partition

// What a consumer hears that starts its partitions itself; all are called inside poll(), and
// `revoked` also while the consumer is destroyed.
struct ConsumerEvents {
  // The group gave these to this member. Nothing of them is read before start(), which may come
  // later. None is a possible answer.
  std::function<void(const std::vector<std::int32_t>&)> assigned;
  // All of them are taken away. Lost: another member may own them already.
  std::function<void(bool lost)> revoked;
  // Everything before this offset was read; what no message was given for holds none for us.
  std::function<void(std::int32_t, std::int64_t)> end;
  // The broker has no such offset any more, or not yet: the partition stands still.
  std::function<void(std::int32_t)> out_of_range;
  // What the broker has after the last message is spoiled, for the reason given. librdkafka means
  // to pass over it: start() without the partition, before the next poll(), is what prevents that.
  std::function<void(std::int32_t, const std::string&)> spoiled = [](auto, const auto&) {};
};

struct ConsumerOptions {
  Cluster brokers;
  std::string group;
  std::string topic;
  // Without events a partition starts at the group's offset, else at the earliest, and what is
  // done() is committed in the background. With them the caller starts, and commits, itself.
  std::optional<ConsumerEvents> events = std::nullopt;
  // Without joining, which needs events, the group's offsets can be asked for, and start() reads.
  bool joins = true;
};

// Used by one thread at a time.
class Consumer {
 public:
  explicit Consumer(const ConsumerOptions& options);
  // Takes leave of the group, for `close_max` at the most: librdkafka's own farewell may wait for a
  // broker that never answers (#4519), and who stays away is out of the group after
  // session.timeout.ms all the same.
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // The next message; nullopt when none came in that time, or what the group has given or taken
  // comes first. An error is passing unless it says
  // otherwise: keep polling.
  core::Result<std::optional<Message>> poll(std::chrono::milliseconds timeout);

  // What librdkafka complained of last since the group gave us something, in its words: "Group "g"
  // FindCoordinator response error: …". "" if of nothing. It says that nowhere else.
  std::string complaint() const;

  // How many partitions this member owns now.
  int assigned_partitions() const;

  // Marks the message as done: the next automatic commit covers it.
  core::Result<void> done(const Message& message);

  // Reads exactly these partitions from now on, each from its offset; nothing is paused then.
  core::Result<void> start(const Offsets& offsets);
  // Stops the flow of messages, and lets it go on where it stopped. What is so already is no error.
  void pause();
  void resume();
  // Sends the group's offsets off; nobody waits for the answer.
  void commit(const Offsets& offsets);

  // The group's offsets of these partitions; one without is missing in the answer.
  core::Result<Offsets> committed(const std::vector<std::int32_t>& partitions,
                                  std::chrono::milliseconds timeout);

 private:
  // Returns when librdkafka is done with what was assigned before.
  rd_kafka_resp_err_t assign(const rd_kafka_topic_partition_list_t* list);
  void rebalance(rd_kafka_resp_err_t what, const rd_kafka_topic_partition_list_t& partitions);
  void hear(int level, std::string_view facility, std::string_view text);  // on any thread
  void close();

  std::string topic_;
  std::optional<ConsumerEvents> events_;
  bool paused_ = false;
  bool closing_ = false;
  std::exception_ptr thrown_;  // by an event, inside librdkafka; poll() throws it on
  mutable std::mutex mutex_;   // guards the complaint
  std::string complaint_;
  std::optional<core::Error> error_;  // of no message in particular; the next poll returns it
  ClientHandle client_;
};

}  // namespace couponctl::kafka
