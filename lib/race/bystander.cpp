#include "race/bystander.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/failure.h"

namespace couponctl::race {
namespace {

using load::Clock;

constexpr std::int64_t no_end = std::numeric_limits<std::int64_t>::max();
constexpr std::chrono::seconds makes_table_within{30};
// As many as can wait at the same time have a thread each, but for this bound; above it orders are
// placed late, and their waits say so.
constexpr double threads_max = 256;

// How many threads it takes that none of those who wait for so long keeps the next one from coming.
int threads_for(const BystanderPlan& plan) {
  const auto waiting = plan.per_second * std::chrono::duration<double>(plan.timeout).count();
  return static_cast<int>(std::min(threads_max, std::ceil(waiting) + 1));
}

}  // namespace

void Orders::add(const Orders& other) {
  waits.merge(other.waits);
  timed_out += other.timed_out;
  failed += other.failed;
  if (first_error.empty()) first_error = other.first_error;
  if (first.empty()) first = other.first;
}

Bystander::Bystander(const BystanderPlan& plan, std::shared_ptr<mysql::Pool> pool)
    : plan_(plan), pool_(std::move(pool)) {
  auto lease =
      core::or_throw(pool_->take(Clock::now() + makes_table_within), core::Exit::unreachable);
  core::or_throw(
      (*lease).execute("CREATE TABLE IF NOT EXISTS orders (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
                       "customer_id BIGINT NOT NULL)"),
      core::Exit::runtime);
}

Bystander::~Bystander() { let_fall_due(0); }

void Bystander::begin() {
  begun_at_ = Clock::now();
  next_ = 1;
  last_ = no_end;
  orders_ = {};
  for (int i = 0; i < threads_for(plan_); ++i) threads_.emplace_back([this] { serve(); });
}

Orders Bystander::end(std::int64_t at_least, const std::stop_token& stop) {
  const std::chrono::duration<double> elapsed = Clock::now() - begun_at_;
  const auto due = static_cast<std::int64_t>(elapsed.count() * plan_.per_second);
  let_fall_due(std::max(at_least, due));
  const std::stop_callback at_once(stop, [this] { let_fall_due(0); });
  threads_.clear();
  return std::exchange(orders_, {});
}

// No more than these, from now on.
void Bystander::let_fall_due(std::int64_t last) {
  const std::scoped_lock lock(mutex_);
  last_ = std::min(last_, last);
  changed_.notify_all();
}

void Bystander::serve() {
  for (;;) {
    std::unique_lock lock(mutex_);
    const auto number = next_++;
    lock.unlock();
    const auto after =
        std::chrono::duration<double>(static_cast<double>(number) / plan_.per_second);
    const Order order{number, begun_at_ + std::chrono::duration_cast<Clock::duration>(after)};
    if (!await_due(order)) return;
    place(order);
  }
}

bool Bystander::await_due(const Order& order) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, order.due, [&] { return order.number > last_; });
  return order.number <= last_;
}

void Bystander::place(const Order& order) {
  auto lease = pool_->take(order.due + plan_.timeout);
  if (!lease) return record(order, lease.error());
  record(order, (**lease).execute(
                    fmt::format("INSERT INTO orders (customer_id) VALUES ({})", order.number)));
}

void Bystander::record(const Order& order, const core::Result<std::int64_t>& placed) {
  const auto waited = Clock::now() - order.due;
  const bool is_late = waited >= plan_.timeout;
  const bool is_counted = placed || is_late;
  const std::scoped_lock lock(mutex_);
  const auto place = static_cast<std::size_t>(order.number - 1);
  if (place < Orders::first_max) {
    orders_.first.resize(std::max(orders_.first.size(), place + 1));
    if (is_counted) orders_.first[place] = waited;
  }
  if (is_counted) {
    orders_.timed_out += is_late;
    orders_.waits.record(waited.count());
  } else if (orders_.failed++ == 0) {
    orders_.first_error = placed.error().text;
  }
}

}  // namespace couponctl::race
