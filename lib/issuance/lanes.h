// Applies for many, batch after batch: each is admitted in its turn, and while its places are
// handed over, the next ones are admitted.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "issuance/apply.h"

namespace couponctl::issuance {

// Each lane is a thread with connections of its own, made when all others are busy.
class Lanes {
 public:
  // Told what became of a batch: of one after the other, in their order, on any lane's thread.
  using Take = std::function<void(const std::vector<Applied>&)>;

  // Throws as Apply does. `handover` outlives this.
  Lanes(const ApplyOptions& options, Handover* handover, Take take);
  // Waits until whoever was asked about is told.
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  // The first one's connection; only before the first apply().
  redis::Client& redis() { return lanes_.front().apply->redis(); }

  // Returns when a lane has taken these users, 1..admit_users_max; false: a stop was requested
  // before, and they are not asked. Throws what `take` has thrown; then nobody is asked or told any
  // more.
  bool apply(std::span<const core::UserId> users, const std::stop_token& stop);
  // Returns when all are told. Throws as apply() does.
  void finish();

 private:
  struct Batch {
    std::uint64_t number = 0;
    std::vector<core::UserId> users = {};
  };
  struct Lane {
    std::unique_ptr<Apply> apply;
    std::jthread thread = {};
  };

  void add_lane();
  void run(Apply& apply);
  void serve(Apply& apply, const Batch& batch);
  // To be told: all before that batch are.
  void await_turn(std::uint64_t number);
  void count(std::uint64_t& batches);
  // Unless something was thrown before, and keeps what is thrown.
  void attempt(const std::function<void()>& step);

  const ApplyOptions options_;
  Handover* const handover_;
  const Take take_;
  std::mutex mutex_;  // guards what follows, but for lanes_
  std::condition_variable_any changed_;
  std::optional<Batch> next_;  // for the first lane that is free
  std::uint64_t begun_ = 0;    // batches
  std::uint64_t asked_ = 0;    // of them, all or all but the last
  std::uint64_t told_ = 0;     // of those
  int free_ = 0;               // lanes
  bool ends_ = false;
  std::exception_ptr thrown_;
  std::list<Lane> lanes_;  // last: its threads use the others
};

}  // namespace couponctl::issuance
