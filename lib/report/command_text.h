// How does a command to a server look in a report?
#pragma once

#include <string>

#include "core/command_hook.h"

namespace couponctl::report {

std::string server_name(core::Server server);  // "redis"; of a lock in the process "process"

// At most 60 bytes, with … where something is missing, so that a row fits.
std::string shortened(std::string text);

}  // namespace couponctl::report
