// Workers that pop winners from a list in Redis and insert them one by one.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "load/target.h"
#include "strategies/coupon_rows.h"
#include "strategies/redis_keys.h"
#include "strategies/scratch.h"

namespace couponctl::strategies {

// scratch.workers of them, for one run.
class ListWorkers {
 public:
  explicit ListWorkers(const Scratch& scratch);  // throws core::Failure

  // How many wait in the list or are in a worker's hand. An error: why a worker ended by itself, or
  // why the list cannot be asked.
  core::Result<std::int64_t> left();
  // Who got a row, and when it was durable.
  std::vector<load::Row> landed() const;

 private:
  // One worker's connections.
  struct Worker {
    explicit Worker(const Scratch& scratch)
        : hook(scratch.hook({.name = "worker", .polls = true})),
          client(connect(scratch.servers.redis)),
          rows(scratch) {}
    core::CommandHook* hook;
    redis::Client client;
    CouponRows rows;
    std::atomic<bool> busy = false;  // from before it pops until what it popped is a row
    std::jthread thread;             // last: it uses the others
  };

  void run(Worker& worker, const std::stop_token& stop);
  core::Result<bool> insert_next(Worker& worker);

  std::string queue_;
  redis::Client client_;
  mutable std::mutex mutex_;  // guards the next two
  std::vector<load::Row> landed_;
  std::string ended_;
  std::vector<std::unique_ptr<Worker>> workers_;  // last: their threads use the others
};

}  // namespace couponctl::strategies
