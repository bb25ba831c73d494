// naive-ge under one lock of the process: `synchronized`, as the sources argue.
//
// Right as long as there is one process. A second one has a lock of its own, and then it is
// naive-ge again.
#include <mutex>
#include <span>

#include "core/command_hook.h"
#include "strategies/count_then_insert.h"

namespace couponctl::strategies {
namespace {

// A hook hears of each try, as it does of a lock that is polled on a server: whoever lets one
// caller go at a time can do so here, too.
class ProcessLock {
 public:
  void lock() {
    auto* const hook = core::command_hook();
    if (!hook) return mutex_.lock();
    do hook->before({core::Server::none, "LOCK", {}});
    while (!mutex_.try_lock());
  }
  void unlock() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class Caller final : public load::Caller {
 public:
  Caller(const Scratch& scratch, ProcessLock& lock) : lock_(lock), naive_ge_(scratch) {}

  core::Result<load::Answer> ask(core::UserId user) override {
    const std::scoped_lock locked(lock_);
    return naive_ge_.ask(user);
  }

 private:
  ProcessLock& lock_;
  CountThenInsert<at_limit> naive_ge_;
};

class Attached final : public load::Attachment {
 public:
  explicit Attached(const Scratch& scratch) : scratch_(scratch) {}

  std::unique_ptr<load::Caller> caller() override {
    return std::make_unique<Caller>(scratch_, lock_);
  }

 private:
  Scratch scratch_;
  ProcessLock lock_;
};

const Register<Tables, Attached> registered{
    {.name = "mutex",
     .summary = "naive-ge under one lock of the process",
     .step = 30,
     .promise = {.never_over_quota = true, .first_come_first_served = true},
     .across_processes = false}};

}  // namespace
}  // namespace couponctl::strategies
