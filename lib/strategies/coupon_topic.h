// The sources' hand-off: winners go to a Kafka topic, a consumer inserts them one by one.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kafka/consumer.h"
#include "kafka/producer.h"
#include "strategies/coupon_table.h"
#include "strategies/redis_keys.h"
#include "strategies/scratch_area.h"
#include "strategies/strategy.h"

namespace couponctl::strategies {

// A scratch topic with one producer and one consumer that lives as long as it does.
class CouponTopic {
 public:
  using Clock = std::chrono::steady_clock;

  // Returns once the consumer owns all partitions. Throws core::Failure.
  explicit CouponTopic(const Scratch& scratch);

  // Starts a round: messages of earlier ones no longer count.
  void reset();

  // Fire and forget, as the sources do it: what becomes of the message, nobody asks.
  // `requested_at` is when the user asked; the time until the row is durable counts from there.
  core::Result<void> send(core::UserId user, Clock::time_point requested_at);

  // Waits until every message of the round has been delivered and consumed, or has failed.
  core::Result<std::vector<std::chrono::nanoseconds>> settle();

 private:
  void delivered(const kafka::Delivery& delivery);
  void join();
  void consume(const std::stop_token& stop);
  void insert(const kafka::Message& message);
  bool settled() const { return failed_ + consumed_ >= sent_; }

  Scratch scratch_;
  // The round's number travels in each message, so that leftovers are never counted.
  std::atomic<std::int64_t> round_ = 0;
  std::atomic<std::int64_t> sent_ = 0;
  std::atomic<std::int64_t> failed_ = 0;    // never written to the topic
  std::atomic<std::int64_t> consumed_ = 0;  // a row or a failed event
  std::mutex mutex_;                        // guards durable_
  std::vector<std::chrono::nanoseconds> durable_;
  ScratchTopic topic_;  // outlives the clients: one that loses its topic may hang at its end
  kafka::Producer producer_;
  CouponRows rows_;  // once the thread runs, rows_ and consumer_ are its own
  kafka::Consumer consumer_;
  std::jthread consuming_;
};

// A design whose winners go through that topic; `Caller` decides who wins.
template <class Caller>
class KafkaStrategy final : public Strategy {
 public:
  explicit KafkaStrategy(const Scratch& scratch)
      : scratch_(scratch), keys_(scratch), table_(scratch), topic_(scratch) {}

  void reset() override {
    keys_.clear();
    table_.clear();
    topic_.reset();
  }
  std::unique_ptr<Applicant> applicant() override {
    return std::make_unique<Caller>(scratch_, topic_);
  }
  core::Result<std::vector<std::chrono::nanoseconds>> settle() override { return topic_.settle(); }
  core::Result<std::vector<core::UserId>> issued() override { return table_.users(); }

 private:
  Scratch scratch_;
  RedisKeys keys_;
  CouponTable table_;
  CouponTopic topic_;
};

}  // namespace couponctl::strategies
