// Sends messages to Kafka and reports what became of each one.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "kafka/client.h"

namespace couponctl::kafka {

struct Header {
  std::string_view name;
  std::string_view value;
};

struct Record {
  std::string_view topic;
  std::optional<std::string_view> key;
  std::string_view value;
  std::span<const Header> headers;
};

// What librdkafka knows of a message: "possibly" must never be taken for "not".
enum class Persistence { persisted, not_persisted, possibly_persisted };

struct Delivery {
  Persistence persistence = Persistence::possibly_persisted;
  std::uint64_t token = 0;  // as given to produce()
  core::Result<void> result;
};

struct ProducerOptions {
  Cluster brokers;
  // Where its messages go. The client knows it before it knows a broker, and asks for it with its
  // first words: one that is told of a topic later may ask no sooner than a second after the first
  // message (librdkafka 2.0.2: by then the connection is up, and the next look is a scan of 1 s).
  std::string topic = "";
  std::chrono::milliseconds linger{5};
  std::chrono::milliseconds message_timeout{300'000};
};

// Whether the error says that nothing more can be queued now.
bool has_no_room(const core::Error& error);

// Idempotent, acks=all. Safe to share between threads. An error that an idempotent producer does
// not survive (its messages may have been written out of order) breaks it for good: it takes
// nothing more, what it holds is given up and reported, and its owner makes a new one.
class Producer {
 public:
  // Called once for each produced message, on the producer's own thread. If it throws, the producer
  // is broken for good.
  using OnDelivery = std::function<void(const Delivery&)>;

  Producer(const ProducerOptions& options, OnDelivery on_delivery);
  // Gives up what is still queued: every message has had its report when this returns.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Waits until the brokers have told of ProducerOptions::topic.
  core::Result<void> await_topic(std::chrono::milliseconds timeout);

  // How long to wait for room in librdkafka's queue (queue.buffering.max.messages, 100,000 unless
  // the user says otherwise).
  struct Patience {
    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::now() + room_wait_max;
    std::stop_token stop = {};
  };
  static constexpr std::chrono::seconds room_wait_max{5};

  // Queues a copy of the record. Only its delivery report says that it was written. Where there is
  // no room in time, the error is has_no_room().
  core::Result<void> produce(const Record& record, std::uint64_t token, const Patience& patience);
  core::Result<void> produce(const Record& record, std::uint64_t token) {
    return produce(record, token, {});
  }

  // Waits until no message is outstanding; false when the time ran out first. That none is
  // outstanding does not mean that all were delivered.
  bool flush(std::chrono::milliseconds timeout);

  // Why it is broken for good; nullopt while it works.
  std::optional<core::Error> fatal_error() const;

 private:
  void poll(const std::stop_token& stop);
  void report(const rd_kafka_message_t& message);

  OnDelivery on_delivery_;
  mutable std::mutex mutex_;  // guards thrown_
  std::string thrown_;        // by on_delivery_
  ClientHandle client_;
  core::Handle<rd_kafka_topic_t, rd_kafka_topic_destroy> topic_;
  std::jthread poller_;
};

}  // namespace couponctl::kafka
