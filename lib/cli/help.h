// Writes a command's help: examples first, then what it takes.
#pragma once

#include <optional>
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

// `couponctl help exit-codes`: exit-codes, environment, or config, which follows that command's own
// help; nothing of any other name.
std::optional<std::string> help_topic(const Command& root, std::string_view name);

}  // namespace couponctl::cli
