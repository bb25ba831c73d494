// Writes a command's help: examples first, then what it takes.
#pragma once

#include <string>

#include "cli/command.h"

namespace couponctl::cli {

// Of the whole program if `command` has no parent. At most 92 columns.
std::string help_text(const Command& command);

}  // namespace couponctl::cli
