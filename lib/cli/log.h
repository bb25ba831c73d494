// The log of a daemon, on stderr.
#pragma once

#include <spdlog/logger.h>

#include <memory>

#include "cli/settings.h"

namespace couponctl::cli {

// By --log-level; with --quiet errors at the most. No byte of a message steers the terminal.
std::shared_ptr<spdlog::logger> make_log(const Globals& globals);

}  // namespace couponctl::cli
