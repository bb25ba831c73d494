// Writes a command's help: examples first, then what it takes.
#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"

namespace couponctl::cli {

// Of the whole program if `command` has no parent. At most 92 columns.
std::string help_text(const Command& command);

// What the main help ends with, and the man page says too; each begins and ends with a newline.
extern const std::string_view exit_codes, places;

// An option's help with its range and its default.
std::string full_help(const Option& option);

}  // namespace couponctl::cli
