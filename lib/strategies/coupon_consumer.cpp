#include "strategies/coupon_consumer.h"

#include <algorithm>

#include "core/failure.h"
#include "core/java_long.h"
#include "strategies/coupon_sender.h"

namespace couponctl::strategies {
namespace {

using core::Result;
using core::UserId;

constexpr std::chrono::milliseconds poll_max{50};

}  // namespace

CouponConsumer::CouponConsumer(const Scratch& scratch, const kafka::Offsets& begin)
    : scratch_(scratch),
      hook_(scratch.hook({.name = "consumer"})),
      rows_(scratch),
      positions_(begin),
      consumer_({.brokers = scratch.servers.kafka,
                 .group = scratch.name,
                 .topic = scratch.name,
                 .events = events(),
                 .joins = false}) {
  core::or_throw(consumer_.start(begin), core::Exit::unreachable);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Result<std::int64_t> CouponConsumer::left(const kafka::Offsets& ends) const {
  const std::scoped_lock lock(mutex_);
  if (!ended_.empty())
    return core::Error{core::Fault::unreachable, {}, "the consumer ended: " + ended_};
  std::int64_t left = 0;
  for (const auto& [partition, end] : ends)
    left += std::max<std::int64_t>(0, end - positions_.at(partition));
  return left;
}

kafka::Offsets CouponConsumer::end() {
  thread_ = {};
  const std::scoped_lock lock(mutex_);
  return positions_;
}

std::vector<load::Row> CouponConsumer::landed() const {
  const std::scoped_lock lock(mutex_);
  return landed_;
}

kafka::ConsumerEvents CouponConsumer::events() {
  const auto fail = [this](const std::string& why) {
    const std::scoped_lock lock(mutex_);
    ended_ = why;
  };
  return {.assigned = [](const auto&) {},
          .revoked = [](bool) {},
          .end = [this](auto partition, auto offset) { reached(partition, offset); },
          .out_of_range = [fail](auto) { fail("the topic has lost messages"); },
          .spoiled = [fail](auto, const auto& why) { fail(why); }};
}

void CouponConsumer::reached(std::int32_t partition, std::int64_t offset) {
  const std::scoped_lock lock(mutex_);
  auto& position = positions_[partition];
  position = std::max(position, offset);
}

void CouponConsumer::run(const std::stop_token& stop) try {
  const core::HookedCommands hooked(hook_);
  while (!stop.stop_requested()) {
    const auto message = consumer_.poll(poll_max);
    if (!message || !*message) continue;  // an error is passing
    is_busy_ = true;
    insert(**message);
    consumer_.commit({{(*message)->partition(), (*message)->offset() + 1}});
    reached((*message)->partition(), (*message)->offset() + 1);
    is_busy_ = false;
  }
} catch (const std::exception& error) {
  const std::scoped_lock lock(mutex_);
  ended_ = error.what();
}

void CouponConsumer::insert(const kafka::Message& message) {
  const auto user = core::decode_long(message.value().value_or(""));
  const bool is_ours = message.header(run_header) == std::to_string(scratch_.run);
  if (!is_ours || !user) return;
  try {
    const auto inserted = rows().insert(UserId{*user});
    if (inserted) {
      const std::scoped_lock lock(mutex_);
      landed_.push_back({UserId{*user}, load::Clock::now().time_since_epoch()});
      return;
    }
    if (core::ends_connection(inserted.error().fault)) rows_.reset();
    // As the sources: into the same database, and what becomes of it, nobody asks.
    static_cast<void>(rows().insert_failed_event(UserId{*user}));
  } catch (const core::Failure&) {
    // No connection is to be had. The sources log it and go on to the next message; so the coupon
    // is lost, and that is what the verdict says.
  }
}

CouponRows& CouponConsumer::rows() {
  if (!rows_) rows_.emplace(scratch_);
  return *rows_;
}

}  // namespace couponctl::strategies
