#include "race/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "core/failure.h"
#include "race/turns.h"

namespace couponctl::race {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Kind {
  std::string_view name;
  std::optional<faults::Kind> of_servers = std::nullopt;
  std::chrono::milliseconds lasts{0};  // at least
};

const Kind& kind_of(Fault fault) {
  static const Kind kinds[] = {
      {"none"},
      {"broker-down", faults::Kind::kafka_kill, 2 * send_within_at_fault},
      {"kill-applier"},
      {"kill-consumer"},
      {"database-down", faults::Kind::database_reset, 300ms},
      {"redis-restart", faults::Kind::redis_kill},
      {"redis-flush", faults::Kind::redis_flush},
      {"late-consumer"},
      {"leftovers"},
  };
  return kinds[static_cast<std::size_t>(fault)];
}

void wait_until(Clock::time_point time, const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_until(lock, stop, time, [] { return false; });
}

}  // namespace

std::string_view name(Fault fault) { return kind_of(fault).name; }

std::string_view untouched(Fault fault, const strategies::Needs& needs) {
  switch (fault) {
    case Fault::broker_down:
      return needs.kafka ? "" : "it uses no Kafka";
    case Fault::redis_restart:
    case Fault::redis_flush:
      return needs.redis ? "" : "it uses no Redis";
    case Fault::leftovers:
      return needs.redis ? "" : "it keeps no keys";
    case Fault::database_down:
      return needs.mysql ? "" : "it uses no MySQL";
    default:
      return "";
  }
}

class KillSwitch::Hook final : public core::CommandHook {
 public:
  explicit Hook(KillSwitch& owner) : owner_(owner) {}

  void before(const core::Command&) override {
    const std::scoped_lock lock(owner_.mutex_);
    if (left == 0 || --left > 0) return;
    left = 1;  // nor does it send anything else
    dead = true;
    owner_.changed_.notify_all();
    throw Killed();
  }

  // Guarded by the owner's mutex.
  int left = 0;  // commands until it dies; 0: it lives
  bool dead = false;

 private:
  KillSwitch& owner_;
};

KillSwitch::KillSwitch() = default;
KillSwitch::~KillSwitch() = default;

core::CommandHook* KillSwitch::hook() {
  const std::scoped_lock lock(mutex_);
  return hooks_.emplace_back(std::make_unique<Hook>(*this)).get();
}

bool KillSwitch::has_any() const {
  const std::scoped_lock lock(mutex_);
  return !hooks_.empty();
}

bool KillSwitch::kill_all(int command, std::chrono::milliseconds within) {
  std::unique_lock lock(mutex_);
  std::vector<Hook*> doomed;
  for (const auto& hook : hooks_) {
    if (hook->dead) continue;
    hook->left = command;
    doomed.push_back(hook.get());
  }
  return changed_.wait_for(lock, within, [&] { return std::ranges::any_of(doomed, &Hook::dead); });
}

void Harm::begin() {
  begun_at_ = Clock::now();
  if (fault_ == Fault::kill_applier) return hands_.kill_applier();
  if (fault_ == Fault::kill_consumer) return hands_.kill_consumer();
  const auto kind = kind_of(fault_).of_servers;
  if (!kind) return;
  const faults::Fault fault{.kind = *kind};
  if (!hands_.servers->begin(fault))
    throw core::Failure(core::Exit::runtime,
                        fmt::format("{}: there is no such server to harm", name(fault_)));
  begun_.push_back(fault);
}

void Harm::end(const std::stop_token& stop) {
  for (const auto& fault : std::exchange(begun_, {})) {
    wait_until(begun_at_ + kind_of(fault_).lasts, stop);
    hands_.servers->take_back(fault);
  }
}

}  // namespace couponctl::race
