#include "mysql/pool.h"

#include <fmt/format.h>

#include <algorithm>

namespace couponctl::mysql {

using core::Result;

Pool::Pool(Address address, int size) : address_(std::move(address)), size_(size), free_(size) {
  idle_.reserve(static_cast<std::size_t>(size));  // to give one back cannot fail
}

Pool::Lease::~Lease() {
  if (pool_) pool_->give_back(std::move(connection_));
}

Result<Pool::Lease> Pool::take(Clock::time_point deadline) {
  if (!await_place(deadline))
    return core::Error{core::Fault::unreachable,
                       {},
                       fmt::format("mysql {}: none of the {} connections of the pool came free",
                                   address_.where(), size_)};
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      Lease lease(*this, std::move(idle_.back()));
      idle_.pop_back();
      return lease;
    }
  }
  return make();
}

// For who has a place.
Result<Pool::Lease> Pool::make() try {
  auto connection = Connection::connect(address_);
  if (connection) return Lease(*this, *std::move(connection));
  const std::scoped_lock lock(mutex_);
  free_place();
  return connection.error();
} catch (...) {
  const std::scoped_lock lock(mutex_);
  free_place();
  throw;
}

Result<void> Pool::connect() {
  std::vector<Lease> all;
  for (int i = 0; i < size_; ++i) {
    auto lease = take(Clock::now());
    if (!lease) return lease.error();
    all.push_back(*std::move(lease));
  }
  return {};
}

void Pool::disconnect() {
  std::vector<Connection> closing;
  const std::scoped_lock lock(mutex_);
  closing.reserve(idle_.capacity());
  std::swap(closing, idle_);
}

int Pool::waiting() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<int>(waiting_.size());
}

bool Pool::await_place(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  if (free_ > 0) {
    --free_;
    return true;
  }
  Waiter me;
  waiting_.push_back(&me);
  me.called.wait_until(lock, deadline, [&] { return me.has_place; });
  if (!me.has_place) std::erase(waiting_, &me);
  return me.has_place;
}

void Pool::give_back(Connection connection) {
  const std::scoped_lock lock(mutex_);
  if (!connection.is_dead()) idle_.push_back(std::move(connection));
  free_place();
}

// Called with the mutex held. The place goes to the first in line.
void Pool::free_place() {
  if (waiting_.empty()) {
    ++free_;
    return;
  }
  waiting_.front()->has_place = true;
  waiting_.front()->called.notify_one();
  waiting_.pop_front();
}

}  // namespace couponctl::mysql
