// Sorts the words of a command line: which command, which flag got which value.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"

namespace couponctl::cli {

struct Request {
  const Command* command = nullptr;
  std::vector<std::pair<Option*, std::string>> values;  // a repeated list is joined by commas
  bool help = false;
  bool version = false;
};

// `arguments` without the program's name. Throws UsageError; values are not checked here.
Request parse_arguments(Command& root, std::vector<std::string> arguments);

}  // namespace couponctl::cli
