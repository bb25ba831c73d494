// Reads messages from Kafka as a member of a group; commits only what it is told to.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kafka/client.h"

namespace couponctl::kafka {

class Message {
 public:
  explicit Message(rd_kafka_message_t* message) : message_(message) {}

  std::int32_t partition() const { return message_->partition; }
  std::int64_t offset() const { return message_->offset; }
  // nullopt is a null value (a tombstone), which is not the same as an empty one.
  std::optional<std::string_view> value() const;
  // The last header of that name.
  std::optional<std::string_view> header(const char* name) const;

 private:
  friend class Consumer;
  core::Handle<rd_kafka_message_t, rd_kafka_message_destroy> message_;
};

struct ConsumerOptions {
  std::string brokers;
  std::string group;
  std::string topic;
};

// Used by one thread at a time.
class Consumer {
 public:
  explicit Consumer(const ConsumerOptions& options);
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // The next message; nullopt when none came in that time. An error is passing unless it says
  // otherwise: keep polling.
  core::Result<std::optional<Message>> poll(std::chrono::milliseconds timeout);

  // How many partitions this member owns now.
  int assigned_partitions() const;

  // Marks the message as done: the next automatic commit covers it.
  core::Result<void> done(const Message& message);

 private:
  std::string topic_;
  ClientHandle client_;
};

}  // namespace couponctl::kafka
