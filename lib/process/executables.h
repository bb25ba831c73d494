// Is a program installed, and where?
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace couponctl::process {

// Searches $PATH, then the directories of servers that an ordinary user's PATH leaves out.
std::optional<std::filesystem::path> find_executable(std::string_view name);

struct Executable {
  std::string name, package;  // Debian's package
};

// Throws core::Failure naming all that are missing, with the one command that installs them.
void require_executables(const std::vector<Executable>& executables);

}  // namespace couponctl::process
