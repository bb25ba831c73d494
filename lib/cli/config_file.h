// Reads a TOML file strictly into plain entries that know their line.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace couponctl::cli {

struct FileEntry {
  enum class Type { section, string, integer, number, boolean, strings, other };

  std::string section;  // "" at the top
  std::string name;     // "" for the section's own line
  Type type = Type::other;
  std::string text;      // an array's items joined by commas
  std::string position;  // "couponctl.toml:7:1"
};

struct ConfigFile {
  std::string path;
  bool others_can_read = false;
  std::vector<FileEntry> entries;
};

// Throws UsageError: not text, a byte order mark, too large, not TOML, a key twice.
std::vector<FileEntry> parse_config(std::string_view text, const std::string& path);

// nothing if the file does not exist. Throws UsageError also if it is no regular file, cannot be
// read, or can be written by others.
std::optional<ConfigFile> read_config_file(const std::filesystem::path& path);

}  // namespace couponctl::cli
