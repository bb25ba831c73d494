// Reads a small regular file whole, and says who else can read or write it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace couponctl::cli {

struct SmallFile {
  std::string text;
  bool others_can_read = false;
  bool others_can_write = false;  // the group counts
};

// Follows symbolic links. Nothing if there is no such file; throws UsageError if it is not a
// regular file, cannot be read, or is larger than `size_max` bytes.
std::optional<SmallFile> read_small_file(const std::filesystem::path& path, std::size_t size_max);

}  // namespace couponctl::cli
