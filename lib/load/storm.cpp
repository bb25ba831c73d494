#include "load/storm.h"

#include <utility>  // Boost 1.74's Asio forgets it

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <barrier>
#include <chrono>
#include <exception>
#include <semaphore>

namespace couponctl::load {
namespace {

using Clock = std::chrono::steady_clock;
using core::UserId;

constexpr auto progress_interval = std::chrono::milliseconds(50);

// SplitMix64 (G. Steele, D. Lea, C. Flood, OOPSLA 2014): a good mix of a counter.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// What the workers share: a ticket for each request, and the gate.
struct Race {
  const Plan& plan;
  strategies::Strategy& strategy;
  const std::stop_token& stop;
  std::barrier<> gate;
  std::atomic<std::int64_t> tickets = 0;
  std::atomic<bool> cancelled = false;  // a worker could not connect
};

// What one worker found; merged after all have finished.
struct Share {
  Storm found;
  Clock::time_point started_at{};
  Clock::time_point finished_at{};
  std::exception_ptr failure;
};

void count(Storm& found, const core::Result<strategies::Answer>& answer, UserId user,
           std::int64_t latency_ns) {
  ++found.requests;
  if (!answer) {
    if (found.errors++ == 0) found.first_error = answer.error().text;
    return;
  }
  found.latency.record(latency_ns);
  if (*answer != strategies::Answer::granted) return;
  found.granted_latency.record(latency_ns);
  found.granted.push_back(user);
}

void run(Race& race, strategies::Applicant& applicant, Share& share) {
  share.started_at = Clock::now();
  while (!race.cancelled && !race.stop.stop_requested()) {
    const auto ticket = race.tickets++;
    if (ticket >= race.plan.requests) break;
    const auto user = user_of(race.plan, ticket);
    const auto begin = Clock::now();
    const auto answer = applicant.apply(user);
    count(share.found, answer, user, (Clock::now() - begin).count());
  }
  share.finished_at = Clock::now();
}

void work(Race& race, Share& share) {
  std::unique_ptr<strategies::Applicant> applicant;
  try {
    applicant = race.strategy.applicant();
  } catch (...) {
    share.failure = std::current_exception();
    race.cancelled = true;
  }
  race.gate.arrive_and_wait();  // also without a connection, or the others would wait for ever
  if (applicant) run(race, *applicant, share);
}

Storm merge(std::vector<Share>& shares) {
  Storm total;
  auto first = Clock::time_point::max();
  auto last = Clock::time_point::min();
  for (auto& share : shares) {
    if (share.failure) std::rethrow_exception(share.failure);
    const auto& found = share.found;
    total.latency.merge(found.latency);
    total.granted_latency.merge(found.granted_latency);
    total.granted.insert(total.granted.end(), found.granted.begin(), found.granted.end());
    total.requests += found.requests;
    if (total.errors == 0) total.first_error = found.first_error;
    total.errors += found.errors;
    first = std::min(first, share.started_at);
    last = std::max(last, share.finished_at);
  }
  total.seconds = std::chrono::duration<double>(last - first).count();
  return total;
}

}  // namespace

UserId user_of(const Plan& plan, std::int64_t index) {
  switch (plan.users.kind) {
    case Users::Kind::distinct:
      return UserId{index + 1};
    case Users::Kind::same:
      return UserId{1};
    case Users::Kind::random:
      break;
  }
  const auto draw = mix(plan.seed ^ mix(static_cast<std::uint64_t>(index)));
  return UserId{static_cast<std::int64_t>(draw % static_cast<std::uint64_t>(plan.users.count)) + 1};
}

Storm storm(const Plan& plan, strategies::Strategy& strategy, const std::stop_token& stop,
            const std::function<void(std::int64_t)>& on_progress) {
  Race race{plan, strategy, stop, std::barrier<>(plan.threads)};
  std::vector<Share> shares(static_cast<std::size_t>(plan.threads));
  std::counting_semaphore<> finished(0);
  boost::asio::thread_pool pool(static_cast<std::size_t>(plan.threads));
  for (auto& share : shares)
    boost::asio::post(pool, [&] {
      work(race, share);
      finished.release();
    });
  for (int waiting_for = plan.threads; waiting_for > 0;) {
    if (finished.try_acquire_for(progress_interval)) --waiting_for;
    on_progress(std::min(race.tickets.load(), plan.requests));
  }
  pool.join();
  return merge(shares);
}

}  // namespace couponctl::load
