// Lays the places a knob can be set in over each other: files, environment, command line.
#pragma once

#include <functional>
#include <string>

#include "couponctl/arguments.h"
#include "couponctl/command.h"
#include "couponctl/process.h"

namespace couponctl::cmd {

using Warn = std::function<void(const std::string& what)>;

// Sets every knob of the tree. From the weakest: /etc, $XDG_CONFIG_HOME, --config or
// ./couponctl.toml, environment, flags. Each layer is checked also where a stronger one covers it.
// Throws Misuse; warns of COUPONCTL_ variables that nothing reads.
void resolve(Command& root, const Request& request, const Process& process, const Warn& warn);

}  // namespace couponctl::cmd
