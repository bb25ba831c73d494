// How long do others wait for the database while the coupons go? Orders at a steady rate, through
// the connection pool that the callers use, as in one application.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "load/histogram.h"
#include "load/target.h"
#include "mysql/pool.h"

namespace couponctl::race {

struct BystanderPlan {
  double per_second = 0;  // orders; 0: nobody
  // Whoever has no order by then goes away.
  std::chrono::milliseconds timeout{1000};
};

// What became of them. Each waits from when it was due, so that nobody's delay is another's excuse.
struct Orders {
  static constexpr std::size_t first_max = 8;

  load::Histogram waits = {};  // of those that timed out for as long as they did wait
  std::int64_t timed_out = 0;
  std::int64_t failed = 0;  // the database refused: not in `waits`
  std::string first_error = "";
  // The waits of the first of them, in the order in which they were due; nullopt: it failed.
  std::vector<std::optional<std::chrono::nanoseconds>> first = {};

  void add(const Orders& other);
};

class Bystander {
 public:
  // Orders go to a table `orders` of the pool's database, which is made here. Throws core::Failure.
  Bystander(const BystanderPlan& plan, std::shared_ptr<mysql::Pool> pool);
  ~Bystander();
  Bystander(const Bystander&) = delete;
  Bystander& operator=(const Bystander&) = delete;

  // From now on: order n, from 1, is due after n / per_second.
  void begin();
  // Nothing more falls due, but for the first `at_least`; returns with the last order's answer or
  // time-out. After a stop nothing more falls due. Nothing if it has not begun.
  Orders end(std::int64_t at_least, const std::stop_token& stop);

 private:
  struct Order {
    std::int64_t number = 0;
    load::Clock::time_point due = {};
  };

  void serve();
  bool await_due(const Order& order);
  void place(const Order& order);
  void record(const Order& order, const core::Result<std::int64_t>& placed);
  void let_fall_due(std::int64_t last);

  BystanderPlan plan_;
  std::shared_ptr<mysql::Pool> pool_;
  load::Clock::time_point begun_at_;
  std::mutex mutex_;  // guards the next three
  std::condition_variable_any changed_;
  std::int64_t next_ = 1;
  std::int64_t last_ = 0;  // that is still due
  Orders orders_;
  std::vector<std::jthread> threads_;  // last: they use the others
};

}  // namespace couponctl::race
