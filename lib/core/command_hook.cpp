#include "core/command_hook.h"

#include <utility>

namespace couponctl::core {
namespace {

thread_local CommandHook* hook_of_thread = nullptr;

}  // namespace

HookedCommands::HookedCommands(CommandHook* hook) : before_(std::exchange(hook_of_thread, hook)) {}

HookedCommands::~HookedCommands() { hook_of_thread = before_; }

CommandHook* command_hook() { return hook_of_thread; }

}  // namespace couponctl::core
