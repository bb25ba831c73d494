#include "core/command_hook.h"

#include <utility>

namespace couponctl::core {
namespace {

thread_local CommandHook* hook_of_thread = nullptr;

}  // namespace

HookedCommands::HookedCommands(CommandHook* hook) : before_(std::exchange(hook_of_thread, hook)) {}

HookedCommands::~HookedCommands() { hook_of_thread = before_; }

CommandHook* command_hook() { return hook_of_thread; }

void SwitchedHook::switch_to(CommandHook* to) {
  const std::scoped_lock lock(mutex_);
  to_ = to;
}

void SwitchedHook::before(const Command& command) {
  const std::scoped_lock lock(mutex_);
  if (to_) to_->before(command);
}

void SwitchedHook::answered(std::string_view answer) {
  const std::scoped_lock lock(mutex_);
  if (to_) to_->answered(answer);
}

}  // namespace couponctl::core
