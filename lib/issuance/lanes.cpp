#include "issuance/lanes.h"

#include <utility>

#include "core/failure.h"

namespace couponctl::issuance {
namespace {

// So many batches are under way at once: enough for Kafka to write some while it acknowledges
// others.
constexpr std::size_t lanes_max = 8;

}  // namespace

Lanes::Lanes(const ApplyOptions& options, Handover* handover, Take take)
    : options_(options), handover_(handover), take_(std::move(take)) {
  lanes_.push_back({.apply = std::make_unique<Apply>(options_, handover_)});
}

Lanes::~Lanes() {
  const std::scoped_lock lock(mutex_);
  ends_ = true;
  changed_.notify_all();
}

bool Lanes::apply(std::span<const core::UserId> users, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto last_is_asked = [&] { return thrown_ || asked_ == begun_; };
  if (!changed_.wait(lock, stop, last_is_asked)) return false;
  if (free_ == 0) {
    lock.unlock();
    add_lane();
    lock.lock();
  }
  next_ = Batch{begun_++, {users.begin(), users.end()}};
  changed_.notify_all();
  const bool taken = changed_.wait(lock, stop, [&] { return thrown_ || !next_; });
  if (thrown_) std::rethrow_exception(thrown_);
  if (taken) return true;
  next_.reset();
  --begun_;
  return false;
}

void Lanes::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return told_ == begun_; });
  if (thrown_) std::rethrow_exception(thrown_);
}

// Where Redis takes no further connection, those that there are will do.
void Lanes::add_lane() {
  auto& first = lanes_.front();
  if (first.thread.joinable()) {
    if (lanes_.size() == lanes_max) return;
    try {
      auto apply = std::make_unique<Apply>(options_, handover_);
      if (!apply->prepare()) return;
      lanes_.push_back({.apply = std::move(apply)});
    } catch (const core::Failure&) {
      return;
    }
  }
  auto& lane = lanes_.back();
  lane.thread = std::jthread([this, &lane] { run(*lane.apply); });
}

void Lanes::run(Apply& apply) {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++free_;
    changed_.wait(lock, [&] { return ends_ || next_; });
    if (!next_) return;
    const auto batch = *std::exchange(next_, std::nullopt);
    --free_;
    changed_.notify_all();
    lock.unlock();
    serve(apply, batch);
    lock.lock();
  }
}

void Lanes::serve(Apply& apply, const Batch& batch) {
  std::optional<Apply::Asked> asked;
  std::vector<Applied> applied;
  attempt([&] { asked = apply.ask(batch.users); });
  count(asked_);
  if (asked) attempt([&] { applied = apply.finish(*std::move(asked)); });
  await_turn(batch.number);
  attempt([&] { take_(applied); });
  count(told_);
}

void Lanes::await_turn(std::uint64_t number) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return told_ == number; });
}

void Lanes::count(std::uint64_t& batches) {
  const std::scoped_lock lock(mutex_);
  ++batches;
  changed_.notify_all();
}

void Lanes::attempt(const std::function<void()>& step) {
  {
    const std::scoped_lock lock(mutex_);
    if (thrown_) return;
  }
  try {
    step();
  } catch (...) {
    const std::scoped_lock lock(mutex_);
    thrown_ = std::current_exception();
    changed_.notify_all();
  }
}

}  // namespace couponctl::issuance
