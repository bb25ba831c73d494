// Makes the race certain: holds several callers between their read and their write.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>

#include "core/command_hook.h"
#include "load/target.h"

namespace couponctl::race {

// Coupons are handed out one by one until one is left. The next `callers` who ask then go as far as
// their first command that writes or locks, and wait there for each other; nobody else asks until
// they are answered. From then on everybody asks as they like.
class Hold {
 public:
  // Whoever does not come to a write while others stand there waits for one of them, say for a
  // lock.
  static constexpr std::chrono::seconds comes_within{1};

  Hold(int callers, std::int64_t coupons) : wanted_(callers), coupons_(coupons) {}
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

  // What asks through this; both outlive it.
  std::unique_ptr<load::Attachment> around(load::Attachment& attachment);

  // How many stood at their write at the same time.
  int held() const;

 private:
  class Attachment;
  class Caller;
  class Hook;
  enum class Phase { one_by_one, holding, writing, free };

  core::Result<load::Answer> ask(load::Caller& caller, core::UserId user);
  core::Result<load::Answer> ask_alone(load::Caller& caller, core::UserId user,
                                       std::unique_lock<std::mutex>& lock);
  core::Result<load::Answer> ask_held(load::Caller& caller, core::UserId user,
                                      std::unique_lock<std::mutex>& lock);
  void stand();
  void go_on(Phase phase);

  const int wanted_;
  const std::int64_t coupons_;
  mutable std::mutex mutex_;  // guards all that follows
  std::condition_variable changed_;
  Phase phase_ = Phase::one_by_one;
  std::int64_t granted_ = 0;
  bool somebody_asks_ = false;  // one by one
  int begun_ = 0;               // of those who are held
  int come_ = 0;                // to their write, or to their answer without one
  int answered_ = 0;
  int held_ = 0;
};

}  // namespace couponctl::race
