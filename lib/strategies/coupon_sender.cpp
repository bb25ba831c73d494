#include "strategies/coupon_sender.h"

#include <algorithm>
#include <chrono>
#include <future>

#include "core/failure.h"
#include "core/java_long.h"

namespace couponctl::strategies {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds stop_checked_every{100};
constexpr milliseconds topic_known_within{5000};
constexpr milliseconds waits_max{5000};  // as long as `apply` does

// What somebody waits for. Every message has its report in the end, so that this outlives it.
using Reported = std::promise<core::Result<void>>;

}  // namespace

CouponSender::CouponSender(const Scratch& scratch, Then then)
    : then_(then),
      topic_(scratch.name),
      run_(std::to_string(scratch.run)),
      producer_({.brokers = scratch.servers.kafka,
                 .topic = scratch.name,
                 .linger = then == Then::wait ? milliseconds(0) : milliseconds(5),
                 .message_timeout = then == Then::wait ? std::min(scratch.send_within, waits_max)
                                                       : scratch.send_within},
                [](const kafka::Delivery& delivery) {
                  if (auto* const reported = reinterpret_cast<Reported*>(delivery.token))
                    reported->set_value(delivery.result);
                }) {
  core::or_throw(producer_.await_topic(topic_known_within), core::Exit::unreachable);
}

core::Result<void> CouponSender::send(core::UserId user) {
  if (then_ == Then::go_on) return produce(user, 0);
  Reported reported;
  auto result = reported.get_future();
  if (auto sent = produce(user, reinterpret_cast<std::uint64_t>(&reported)); !sent) return sent;
  return result.get();
}

core::Result<void> CouponSender::produce(core::UserId user, std::uint64_t token) {
  const kafka::Header headers[] = {{run_header, run_}};
  const auto bytes = core::encode_long(core::number(user));
  return producer_.produce({topic_, std::nullopt, {bytes.data(), bytes.size()}, headers}, token);
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
