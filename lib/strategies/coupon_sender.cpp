#include "strategies/coupon_sender.h"

#include <chrono>

#include "core/failure.h"
#include "core/java_long.h"

namespace couponctl::strategies {
namespace {

constexpr std::chrono::milliseconds stop_checked_every{100};
constexpr std::chrono::milliseconds topic_known_within{5000};

}  // namespace

CouponSender::CouponSender(const Scratch& scratch)
    : topic_(scratch.name),
      run_(std::to_string(scratch.run)),
      producer_({.brokers = scratch.servers.kafka, .message_timeout = scratch.send_within},
                [](const kafka::Delivery&) {}) {
  core::or_throw(producer_.await_topic(topic_, topic_known_within), core::Exit::unreachable);
}

core::Result<void> CouponSender::send(core::UserId user) {
  const kafka::Header headers[] = {{run_header, run_}};
  const auto bytes = core::encode_long(core::number(user));
  return producer_.produce({topic_, std::nullopt, {bytes.data(), bytes.size()}, headers}, 0);
}

core::Result<void> CouponSender::flush(const load::Wait& wait) {
  wait.say("messages on their way to the broker");
  while (!producer_.flush(stop_checked_every))
    if (wait.over())
      return core::Error{
          core::Fault::timeout, {}, "not settled: messages are still on their way to the broker"};
  return {};
}

}  // namespace couponctl::strategies
