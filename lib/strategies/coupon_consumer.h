// The sources' hand-off, at the other end: a consumer that inserts winners one by one.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/command_hook.h"
#include "kafka/consumer.h"
#include "load/target.h"
#include "strategies/coupon_rows.h"
#include "strategies/scratch.h"

namespace couponctl::strategies {

// Lives for one run. It reads without joining a group, so that no run waits for a rebalance, and
// commits after each message.
class CouponConsumer {
 public:
  // Inserts the messages of run scratch.run from these offsets on. Throws core::Failure.
  CouponConsumer(const Scratch& scratch, const kafka::Offsets& begin);

  // How many messages there are before these ends that it has not dealt with. An error: why it
  // ended by itself.
  core::Result<std::int64_t> left(const kafka::Offsets& ends) const;
  // Whether it has a message in hand.
  bool is_busy() const { return is_busy_; }
  // Ends it; up to where it has dealt with all messages: what a group's offsets would say.
  kafka::Offsets end();
  // Who got a row, and when it was durable.
  std::vector<load::Row> landed() const;

 private:
  void run(const std::stop_token& stop);
  void insert(const kafka::Message& message);
  CouponRows& rows();
  void reached(std::int32_t partition, std::int64_t offset);
  kafka::ConsumerEvents events();

  Scratch scratch_;
  core::CommandHook* hook_;
  std::atomic<bool> is_busy_ = false;
  std::optional<CouponRows> rows_;  // none after the connection broke
  mutable std::mutex mutex_;        // guards the next three
  kafka::Offsets positions_;
  std::vector<load::Row> landed_;
  std::string ended_;
  kafka::Consumer consumer_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace couponctl::strategies
