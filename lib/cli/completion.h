// Writes what a shell needs to know to finish a half-typed command line.
#pragma once

#include <string>

#include "cli/command.h"

namespace couponctl::cli {

// A script for that shell: what is shown of the tree of commands below `root`, and their flags.
std::string bash_completion(const Command& root);
std::string zsh_completion(const Command& root);
std::string fish_completion(const Command& root);

}  // namespace couponctl::cli
