// Lays the places an option can be set in over each other: files, environment, command line.
#pragma once

#include <functional>
#include <string>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/environment.h"

namespace couponctl::cli {

using Warn = std::function<void(const std::string& what)>;

// Sets every option of the tree. From the weakest: a stack that runs, /etc, $XDG_CONFIG_HOME,
// --config or
// ./couponctl.toml, environment, flags. Each layer is checked also where a stronger one covers it.
// Throws UsageError; warns of COUPONCTL_ variables that nothing reads.
void set_from_layers(Command& root, const Request& request, const Environment& environment,
                     const Warn& warn);

}  // namespace couponctl::cli
