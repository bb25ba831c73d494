#include "couponctl/process.h"

#include <unistd.h>

#include <string_view>

namespace couponctl::cmd {

Process Process::current() {
  Process process;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    process.environment.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return process;
}

std::optional<std::string> Process::variable(const std::string& name) const {
  const auto found = environment.find(name);
  if (found == environment.end()) return std::nullopt;
  return found->second;
}

}  // namespace couponctl::cmd
