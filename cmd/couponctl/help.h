// Writes a command's help: examples first, then what it takes.
#pragma once

#include <string>

#include "couponctl/command.h"

namespace couponctl::cmd {

// Of the whole program if `command` has no parent. At most 92 columns.
std::string help_text(const Command& command);

}  // namespace couponctl::cmd
