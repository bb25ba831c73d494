#include "strategies/list_workers.h"

#include <algorithm>
#include <chrono>

#include "core/command_hook.h"
#include "core/parse.h"

namespace couponctl::strategies {
namespace {

using core::Error;
using core::Fault;
using core::Result;

constexpr std::chrono::milliseconds looks_again_after{2};

}  // namespace

ListWorkers::ListWorkers(const Scratch& scratch)
    : queue_(scratch.key(queue_key)), client_(connect(scratch.servers.redis)) {
  for (int i = 0; i < scratch.workers; ++i) workers_.push_back(std::make_unique<Worker>(scratch));
  for (auto& worker : workers_)
    worker->thread =
        std::jthread([this, &worker = *worker](const std::stop_token& stop) { run(worker, stop); });
}

Result<std::int64_t> ListWorkers::left() {
  {
    const std::scoped_lock lock(mutex_);
    if (!ended_.empty()) return Error{Fault::unreachable, {}, "a worker ended: " + ended_};
  }
  // The list first: whoever leaves it after that is in the hand of a worker that is busy.
  const auto waiting = redis::integer(client_.command({"LLEN", queue_}));
  if (!waiting) return waiting.error();
  return *waiting +
         std::ranges::count_if(workers_, [](const auto& one) { return one->busy.load(); });
}

std::vector<load::Row> ListWorkers::landed() const {
  const std::scoped_lock lock(mutex_);
  return landed_;
}

void ListWorkers::run(Worker& worker, const std::stop_token& stop) try {
  const core::HookedCommands hooked(worker.hook);
  while (!stop.stop_requested()) {
    worker.busy = true;
    const auto inserted = insert_next(worker);
    worker.busy = false;
    if (!inserted) {
      const std::scoped_lock lock(mutex_);
      ended_ = inserted.error().text;
      return;
    }
    if (!*inserted) std::this_thread::sleep_for(looks_again_after);
  }
} catch (const std::exception& error) {
  const std::scoped_lock lock(mutex_);
  ended_ = error.what();
}

// False if the list is empty. An error ends the worker, and whoever it has popped has lost their
// coupon.
Result<bool> ListWorkers::insert_next(Worker& worker) {
  const auto popped = redis::text_or_nil(worker.client.command({"LPOP", queue_}));
  if (!popped) return popped.error();
  if (!*popped) return false;
  const auto user = core::whole_number(**popped);
  if (!user) return Error{Fault::garbled, {}, "redis: an element of the list is no user"};
  if (auto inserted = worker.rows.insert(core::UserId{*user}); !inserted) return inserted.error();
  const std::scoped_lock lock(mutex_);
  landed_.push_back({core::UserId{*user}, load::Clock::now().time_since_epoch()});
  return true;
}

}  // namespace couponctl::strategies
