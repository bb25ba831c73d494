// Shares a bounded number of connections among the threads of a process, as an application does.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "core/result.h"
#include "mysql/connection.h"

namespace couponctl::mysql {

// First come, first served. It outlives its leases.
class Pool {
 public:
  using Clock = std::chrono::steady_clock;

  // A connection for as long as it is needed; then whoever waits for one has it.
  class Lease {
   public:
    Lease(Pool& pool, Connection connection) : pool_(&pool), connection_(std::move(connection)) {}
    ~Lease();
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;

    Connection& operator*() { return connection_; }

   private:
    Pool* pool_;  // nullptr: moved from
    Connection connection_;
  };

  // Connects once somebody needs one more.
  Pool(Address address, int size);

  // Fault::unreachable if none came free until the deadline, or none can be made.
  core::Result<Lease> take(Clock::time_point deadline);

  // While nobody has one: makes all, so that nobody waits for that later.
  core::Result<void> connect();
  // Closes those that nobody has.
  void disconnect();

  // How many are waiting for one.
  int waiting() const;

 private:
  struct Waiter {
    std::condition_variable called;
    bool has_place = false;
  };

  core::Result<Lease> make();
  bool await_place(Clock::time_point deadline);
  void give_back(Connection connection);
  void free_place();

  const Address address_;
  const int size_;
  mutable std::mutex mutex_;  // guards what follows
  int free_;                  // places that nobody has: a connection that is idle, or may be made
  std::vector<Connection> idle_;
  std::deque<Waiter*> waiting_;
};

}  // namespace couponctl::mysql
