#include "race/hold.h"

#include "race/commands.h"

namespace couponctl::race {

using core::Result;
using core::UserId;
using load::Answer;

// Of one request that is held.
class Hold::Hook final : public core::CommandHook {
 public:
  Hook(Hold& hold, core::CommandHook* other) : hold_(hold), other_(other) {}

  void before(const core::Command& command) override {
    if (other_) other_->before(command);
    if (came || !writes(command)) return;
    came = true;
    hold_.stand();
  }
  void answered(std::string_view answer) override {
    if (other_) other_->answered(answer);
  }

  bool came = false;

 private:
  Hold& hold_;
  core::CommandHook* other_;  // who hears of them anyhow
};

class Hold::Caller final : public load::Caller {
 public:
  Caller(Hold& hold, std::unique_ptr<load::Caller> caller)
      : hold_(hold), caller_(std::move(caller)) {}
  Result<Answer> ask(UserId user) override { return hold_.ask(*caller_, user); }

 private:
  Hold& hold_;
  std::unique_ptr<load::Caller> caller_;
};

class Hold::Attachment final : public load::Attachment {
 public:
  Attachment(Hold& hold, load::Attachment& attachment) : hold_(hold), attachment_(attachment) {}
  std::unique_ptr<load::Caller> caller() override {
    return std::make_unique<Caller>(hold_, attachment_.caller());
  }
  Result<void> flush(const load::Wait& wait) override { return attachment_.flush(wait); }
  Result<void> finish(const load::Wait& wait) override { return attachment_.finish(wait); }

 private:
  Hold& hold_;
  load::Attachment& attachment_;
};

std::unique_ptr<load::Attachment> Hold::around(load::Attachment& attachment) {
  return std::make_unique<Attachment>(*this, attachment);
}

int Hold::held() const {
  const std::scoped_lock lock(mutex_);
  return held_;
}

Result<Answer> Hold::ask(load::Caller& caller, UserId user) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (phase_ == Phase::one_by_one && granted_ + 1 >= coupons_) phase_ = Phase::holding;
    if (phase_ == Phase::free) break;
    if (phase_ == Phase::one_by_one && !somebody_asks_) return ask_alone(caller, user, lock);
    if (phase_ == Phase::holding && begun_ < wanted_) return ask_held(caller, user, lock);
    changed_.wait(lock);
  }
  lock.unlock();
  return caller.ask(user);
}

Result<Answer> Hold::ask_alone(load::Caller& caller, UserId user,
                               std::unique_lock<std::mutex>& lock) {
  somebody_asks_ = true;
  lock.unlock();
  auto answer = caller.ask(user);
  lock.lock();
  somebody_asks_ = false;
  if (answer && *answer == Answer::granted) ++granted_;
  // Nobody gets one any more, or it cannot be told: there is nothing to be held for.
  go_on(!answer || *answer == Answer::sold_out ? Phase::free : phase_);
  return answer;
}

Result<Answer> Hold::ask_held(load::Caller& caller, UserId user,
                              std::unique_lock<std::mutex>& lock) {
  ++begun_;
  lock.unlock();
  Hook hook(*this, core::command_hook());
  auto answer = [&] {
    const core::HookedCommands hooked(hook);
    return caller.ask(user);
  }();
  lock.lock();
  ++answered_;
  if (!hook.came && ++come_ == wanted_) go_on(Phase::writing);
  if (phase_ == Phase::writing && answered_ == begun_) go_on(Phase::free);
  return answer;
}

// On the thread of one who is about to write.
void Hold::stand() {
  std::unique_lock lock(mutex_);
  if (phase_ != Phase::holding) return;
  ++held_;
  if (++come_ == wanted_) return go_on(Phase::writing);
  const auto over = [this] { return phase_ != Phase::holding; };
  if (!changed_.wait_for(lock, comes_within, over)) go_on(Phase::writing);
}

void Hold::go_on(Phase phase) {
  phase_ = phase;
  changed_.notify_all();
}

}  // namespace couponctl::race
