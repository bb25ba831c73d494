#include "strategies/coupon_topic.h"

#include <fmt/format.h>

#include <charconv>

#include "core/failure.h"
#include "core/java_long.h"
#include "core/parse.h"

namespace couponctl::strategies {
namespace {

using core::Exit;
using core::Failure;
using core::or_throw;
using core::Result;
using std::chrono::nanoseconds;

constexpr auto poll_max = std::chrono::milliseconds(50);
constexpr auto join_max = std::chrono::seconds(30);
constexpr auto settle_max = std::chrono::seconds(60);

template <class T>
std::optional<T> number_in(std::optional<std::string_view> text) {
  T value{};
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{})
    return std::nullopt;
  return value;
}

bool wait_until(auto deadline, auto condition) {
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace

CouponTopic::CouponTopic(const Scratch& scratch)
    : scratch_(scratch),
      topic_(scratch),
      producer_({.brokers = scratch.servers.kafka},
                [this](const kafka::Delivery& delivery) { delivered(delivery); }),
      rows_(scratch),
      consumer_({.brokers = scratch.servers.kafka, .group = scratch.name, .topic = scratch.name}) {
  join();
  consuming_ = std::jthread([this](const std::stop_token& stop) { consume(stop); });
}

void CouponTopic::reset() {
  ++round_;
  sent_ = failed_ = consumed_ = 0;
  const std::scoped_lock lock(mutex_);
  durable_.clear();
}

Result<void> CouponTopic::send(core::UserId user, Clock::time_point requested_at) {
  const auto round = std::to_string(round_);
  const auto time = std::to_string(requested_at.time_since_epoch().count());
  const kafka::Header headers[] = {{"round", round}, {"requested_at_ns", time}};
  const auto bytes = core::encode_long(core::number(user));
  const std::string_view value(bytes.data(), bytes.size());
  const auto token = static_cast<std::uint64_t>(round_);
  ++sent_;
  auto queued = producer_.produce({scratch_.name, std::nullopt, value, headers}, token);
  if (!queued) --sent_;
  return queued;
}

Result<std::vector<nanoseconds>> CouponTopic::settle() {
  producer_.flush(settle_max);
  if (!wait_until(Clock::now() + settle_max, [this] { return settled(); }))
    return core::Error{
        core::Fault::timeout,
        {},
        fmt::format("kafka topic '{}': {} of {} messages still unread after {}", scratch_.name,
                    sent_ - failed_ - consumed_, sent_.load(), core::format_duration(settle_max))};
  const std::scoped_lock lock(mutex_);
  return durable_;
}

void CouponTopic::delivered(const kafka::Delivery& delivery) {
  const bool this_round = delivery.token == static_cast<std::uint64_t>(round_);
  if (this_round && !delivery.result) ++failed_;
}

void CouponTopic::join() {
  const auto deadline = Clock::now() + join_max;
  while (consumer_.assigned_partitions() < scratch_partitions) {
    if (Clock::now() > deadline)
      throw Failure(Exit::unreachable,
                    fmt::format("kafka {}: the consumer did not get its partitions within {}",
                                scratch_.servers.kafka.brokers, core::format_duration(join_max)));
    static_cast<void>(consumer_.poll(poll_max));
  }
}

void CouponTopic::consume(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto message = consumer_.poll(poll_max);
    if (!message || !*message) continue;
    insert(**message);
    static_cast<void>(consumer_.done(**message));
  }
}

void CouponTopic::insert(const kafka::Message& message) {
  const auto round = number_in<std::int64_t>(message.header("round"));
  const auto requested_at = number_in<std::int64_t>(message.header("requested_at_ns"));
  const auto user = core::decode_long(message.value().value_or(""));
  if (round != round_ || !requested_at || !user) return;
  if (rows_.insert(core::UserId{*user})) {
    const std::scoped_lock lock(mutex_);
    durable_.push_back(Clock::now().time_since_epoch() - nanoseconds(*requested_at));
  } else {
    // As the sources: into the same database, and what becomes of it, nobody asks.
    static_cast<void>(rows_.insert_failed_event(core::UserId{*user}));
  }
  ++consumed_;
}

}  // namespace couponctl::strategies
