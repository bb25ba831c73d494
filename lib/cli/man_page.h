// Writes the manual page of the whole program.
#pragma once

#include <string>

#include "cli/command.h"

namespace couponctl::cli {

// couponctl(1) in man(7)'s language: what is shown of the tree of commands below `root`, each with
// its examples, arguments and options.
std::string man_page(const Command& root);

}  // namespace couponctl::cli
