#include "issuance/handover.h"

#include "issuance/wire.h"

namespace couponctl::issuance {

Handover::Handover(const std::string& brokers, std::string topic, std::chrono::milliseconds linger)
    : topic_(std::move(topic)),
      producer_({.brokers = brokers, .linger = linger},
                [this](const kafka::Delivery& delivery) { report(delivery); }) {}

std::vector<bool> Handover::send(std::span<const Winner> winners,
                                 std::chrono::steady_clock::time_point deadline) {
  std::uint64_t token = 0;
  {
    const std::scoped_lock lock(mutex_);
    first_token_ += persisted_.size();  // a late report of an earlier call counts for nothing
    persisted_.assign(winners.size(), false);
    outstanding_ = winners.size();
    token = first_token_;
  }
  for (const auto& winner : winners) {
    const auto queued = produce(producer_, topic_, winner, token++);
    const std::scoped_lock lock(mutex_);
    if (!queued) --outstanding_;
  }
  std::unique_lock lock(mutex_);
  all_reported_.wait_until(lock, deadline, [this] { return outstanding_ == 0; });
  return persisted_;
}

void Handover::report(const kafka::Delivery& delivery) {
  const std::scoped_lock lock(mutex_);
  if (delivery.token < first_token_ || delivery.token - first_token_ >= persisted_.size()) return;
  persisted_[delivery.token - first_token_] = delivery.persistence == kafka::Persistence::persisted;
  if (--outstanding_ == 0) all_reported_.notify_all();
}

}  // namespace couponctl::issuance
