// What the process was given: its variables, its directory and its streams. Tests pass their own.
#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace couponctl::cli {

struct Environment {
  std::map<std::string, std::string> variables;
  std::filesystem::path directory;  // where couponctl.toml is looked for; "" is the current one
  std::filesystem::path system_config = "/etc/couponctl/config.toml";
  // Of a private stack that runs; nullopt if none does. Asked where settings are read.
  std::function<std::optional<std::filesystem::path>()> stack_config = [] { return std::nullopt; };
  std::FILE* out = stdout;  // results
  std::FILE* err = stderr;  // everything else

  static Environment current();
  std::optional<std::string> variable(const std::string& name) const;
};

}  // namespace couponctl::cli
