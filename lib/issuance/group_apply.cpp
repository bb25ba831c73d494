#include "issuance/group_apply.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace couponctl::issuance {
namespace {

using core::Decision;
using core::UserId;

// While a batch is handed over others gather, since Kafka has less work with few large batches than
// with many small ones: but no longer than this, or who is sold out would wait for a silent Kafka.
constexpr std::chrono::milliseconds gathers_max{10};

// What the others are told who asked for the same user at the same moment.
Applied repeated(Applied first) {
  if (first.decision == Decision::admitted || first.decision == Decision::queued ||
      first.decision == Decision::issued)
    first.decision = Decision::duplicate;
  return first;
}

std::vector<Applied> in_doubt(const std::vector<UserId>& users, const std::string& why) {
  std::vector<Applied> applied;
  for (const auto user : users)
    applied.push_back({.user = user, .decision = Decision::in_doubt, .reason = why});
  return applied;
}

}  // namespace

// On the stack of its caller, who waits until it is told or leads.
class GroupApply::Waiter {
 public:
  explicit Waiter(UserId its_user) : user(its_user) {}

  void wake() {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
    changed_.notify_one();  // with the lock: the waiter may be gone once it is free
  }
  bool await(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return woken_; });
  }

  const UserId user;
  std::optional<Applied> told = {};

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
};

// The lock; those who are woken with it wake when it is free again.
class GroupApply::Locked {
 public:
  explicit Locked(GroupApply& group) : lock_(group.mutex_) {}
  ~Locked() {
    lock_.unlock();
    for (auto* waiter : to_wake_) waiter->wake();
  }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

  void wake(Waiter& waiter) { to_wake_.push_back(&waiter); }

 private:
  std::unique_lock<std::mutex> lock_;
  std::vector<Waiter*> to_wake_;
};

Applied GroupApply::apply(Apply& own, UserId user) {
  Waiter self(user);
  {
    Locked locked(*this);
    queue_.push_back(&self);
    if (handing_over_ == 0) pass_on(locked);
  }
  while (!self.await(gathers_max)) {
    Locked locked(*this);
    pass_on(locked);
  }
  if (!self.told) lead(own, self);
  return *std::move(self.told);
}

std::size_t GroupApply::waiting() const {
  const std::scoped_lock lock(mutex_);
  return queue_.size();
}

void GroupApply::lead(Apply& own, Waiter& self) {
  const auto is_final = [&](const Applied& applied) { return own.is_final(applied); };
  const auto any = [](const Applied&) { return true; };
  Batch batch;
  auto* under_way = &asking_;
  try {
    batch = take_batch();
    auto asked = own.ask(batch.users);
    {
      Locked locked(*this);
      --*std::exchange(under_way, &handing_over_);
      ++*under_way;
      if (std::ranges::all_of(asked.applied, is_final)) pass_on(locked);
      tell(batch, asked.applied, is_final, locked);
    }
    const auto applied = own.finish(std::move(asked));
    Locked locked(*this);
    --*under_way;
    pass_on(locked);
    tell(batch, applied, any, locked);
  } catch (const std::exception& error) {
    Locked locked(*this);
    --*under_way;
    if (under_way == &asking_)
      put_back(batch, self);
    else
      tell(batch, in_doubt(batch.users, error.what()), any, locked);
    pass_on(locked);
    throw;
  }
}

GroupApply::Batch GroupApply::take_batch() {
  const std::scoped_lock lock(mutex_);
  Batch batch;
  std::map<UserId, std::size_t> places;
  for (; !queue_.empty() && batch.users.size() < admit_users_max; queue_.pop_front()) {
    auto* const waiter = queue_.front();
    const auto [place, is_new] = places.emplace(waiter->user, batch.users.size());
    if (is_new) {
      batch.users.push_back(waiter->user);
      batch.waiters.emplace_back();
    }
    batch.waiters[place->second].push_back(waiter);
  }
  return batch;
}

// The first in the queue leads, if nobody else does.
void GroupApply::pass_on(Locked& locked) {
  if (asking_ > 0 || queue_.empty()) return;
  ++asking_;
  locked.wake(*queue_.front());
}

// Who is told is not in the batch any more: it may be gone as soon as the lock is free.
void GroupApply::tell(Batch& batch, const std::vector<Applied>& applied, const Whom& whom,
                      Locked& locked) {
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (!whom(applied[i])) continue;
    auto& waiters = batch.waiters[i];
    for (auto* waiter : waiters) {
      waiter->told = waiter == waiters.front() ? applied[i] : repeated(applied[i]);
      locked.wake(*waiter);
    }
    waiters.clear();
  }
}

// Before those who came later.
void GroupApply::put_back(const Batch& batch, const Waiter& self) {
  auto place = queue_.begin();
  for (const auto& waiters : batch.waiters)
    for (auto* waiter : waiters)
      if (waiter != &self) place = std::next(queue_.insert(place, waiter));
}

}  // namespace couponctl::issuance
