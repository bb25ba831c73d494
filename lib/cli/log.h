// The log of a daemon, on stderr.
#pragma once

#include <spdlog/logger.h>

#include <functional>
#include <memory>
#include <string_view>

#include "cli/settings.h"

namespace couponctl::cli {

// By --log-level; with --quiet errors at the most. No byte of a message steers the terminal.
std::shared_ptr<spdlog::logger> make_log(const Globals& globals);
// The same, a line at a time, where something else is drawn on stderr; called by any thread.
std::shared_ptr<spdlog::logger> make_log(const Globals& globals,
                                         std::function<void(std::string_view line)> write);

}  // namespace couponctl::cli
