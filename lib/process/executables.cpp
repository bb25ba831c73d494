#include "process/executables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <sstream>

#include "core/failure.h"

namespace couponctl::process {
namespace {

std::vector<std::filesystem::path> search_path() {
  std::vector<std::filesystem::path> directories;
  const char* path = std::getenv("PATH");
  std::istringstream stream(path ? path : "");
  for (std::string part; std::getline(stream, part, ':');)
    if (part.starts_with('/')) directories.emplace_back(part);
  for (const auto* part : {"/usr/local/bin", "/usr/bin", "/usr/local/sbin", "/usr/sbin"})
    directories.emplace_back(part);
  return directories;
}

}  // namespace

std::optional<std::filesystem::path> find_executable(std::string_view name) {
  for (const auto& directory : search_path()) {
    auto candidate = directory / name;
    std::error_code error;
    if (std::filesystem::is_regular_file(candidate, error) &&
        ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return std::nullopt;
}

void require_executables(const std::vector<Executable>& executables) {
  std::vector<std::string> missing;
  std::set<std::string> packages;
  for (const auto& executable : executables) {
    if (find_executable(executable.name)) continue;
    missing.push_back(fmt::format("{} (Debian package {})", executable.name, executable.package));
    packages.insert(executable.package);
  }
  if (missing.empty()) return;
  throw core::Failure(core::Exit::unreachable,
                      fmt::format("not installed: {}", fmt::join(missing, ", ")),
                      fmt::format("sudo apt-get install {}", fmt::join(packages, " ")));
}

}  // namespace couponctl::process
