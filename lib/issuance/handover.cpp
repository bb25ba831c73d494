#include "issuance/handover.h"

#include <cassert>

#include "core/fault_points.h"
#include "issuance/wire.h"

namespace couponctl::issuance {
namespace {

// A token holds the number of the call and, in its lowest bits, the place in it.
constexpr int place_bits = 10;
constexpr std::uint64_t places_max = std::uint64_t{1} << place_bits;
static_assert(admit_users_max <= places_max);

}  // namespace

Handover::Handover(const HandoverOptions& options)
    : topic_(options.topic),
      producer_({.brokers = options.brokers, .linger = options.linger},
                [this](const kafka::Delivery& delivery) { report(delivery); }) {}

std::vector<bool> Handover::send(std::span<const Winner> winners,
                                 std::chrono::steady_clock::time_point deadline) {
  assert(winners.size() <= places_max);
  Call call{std::vector<bool>(winners.size()), winners.size()};
  std::unique_lock lock(mutex_);
  const auto number = ++calls_begun_;
  waiting_.emplace(number, &call);
  lock.unlock();
  auto token = number << place_bits;
  std::size_t refused = 0;
  for (const auto& winner : winners)
    if (!produce(producer_, topic_, winner, token++)) ++refused;
  core::kill_point("apply.produced");
  lock.lock();
  call.outstanding -= refused;
  reported_.wait_until(lock, deadline, [&] { return call.outstanding == 0; });
  waiting_.erase(number);
  return call.persisted;
}

void Handover::report(const kafka::Delivery& delivery) {
  const std::scoped_lock lock(mutex_);
  const auto found = waiting_.find(delivery.token >> place_bits);
  if (found == waiting_.end()) return;
  auto& call = *found->second;
  call.persisted[delivery.token % places_max] =
      delivery.persistence == kafka::Persistence::persisted;
  if (--call.outstanding == 0) reported_.notify_all();
}

}  // namespace couponctl::issuance
