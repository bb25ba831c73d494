#include "issuance/handover.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "core/fault_points.h"
#include "issuance/wire.h"

namespace couponctl::issuance {
namespace {

// A token holds the number of the call and, in its lowest bits, the place in it.
constexpr int place_bits = 10;
constexpr std::uint64_t places_max = std::uint64_t{1} << place_bits;
static_assert(admit_users_max <= places_max);

// How often one call replaces a broken producer: a cluster that breaks each one needs a person.
constexpr int producers_max = 3;

}  // namespace

Handover::Handover(const HandoverOptions& options) : options_(options) {
  static_cast<void>(working_producer());  // so that bad options are told here
}

core::Result<void> Handover::await_topic(std::chrono::milliseconds timeout) {
  return working_producer()->await_topic(timeout);
}

std::vector<bool> Handover::send(std::span<const Winner> winners, Deadline deadline) {
  assert(winners.size() <= places_max);
  std::vector<bool> persisted(winners.size());
  for (int producers = 0; producers < producers_max; ++producers) {
    const auto producer = working_producer();
    const bool all_reported = send_missing(*producer, winners, persisted, deadline);
    if (!all_reported || std::ranges::count(persisted, false) == 0 || !producer->fatal_error())
      break;
  }
  return persisted;
}

bool Handover::send_missing(kafka::Producer& producer, std::span<const Winner> winners,
                            std::vector<bool>& persisted, Deadline deadline) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < winners.size(); ++i)
    if (!persisted[i]) places.push_back(i);
  Call call{.persisted = persisted, .outstanding = places.size()};
  std::unique_lock lock(mutex_);
  const auto number = ++calls_begun_;
  waiting_.emplace(number, &call);
  lock.unlock();
  std::size_t refused = 0;
  for (const auto place : places)
    if (!produce(producer, options_.topic, winners[place], (number << place_bits) | place,
                 {.until = deadline}))
      ++refused;
  core::kill_point("apply.produced");
  lock.lock();
  call.outstanding -= refused;
  const bool all_reported =
      call.reported.wait_until(lock, deadline, [&] { return call.outstanding == 0; });
  waiting_.erase(number);
  return all_reported;
}

std::shared_ptr<kafka::Producer> Handover::working_producer() {
  std::shared_ptr<kafka::Producer> broken;  // outlives the lock
  const std::scoped_lock lock(mutex_);
  if (producer_ && !producer_->fatal_error()) return producer_;
  broken = std::exchange(
      producer_,
      std::make_shared<kafka::Producer>(
          kafka::ProducerOptions{
              .brokers = options_.brokers, .topic = options_.topic, .linger = options_.linger},
          [this](const kafka::Delivery& delivery) { report(delivery); }));
  return producer_;
}

void Handover::report(const kafka::Delivery& delivery) {
  const std::scoped_lock lock(mutex_);
  const auto found = waiting_.find(delivery.token >> place_bits);
  if (found == waiting_.end()) return;
  auto& call = *found->second;
  call.persisted[delivery.token % places_max] =
      delivery.persistence == kafka::Persistence::persisted;
  if (--call.outstanding == 0) call.reported.notify_one();
}

}  // namespace couponctl::issuance
