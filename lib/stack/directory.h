// Whose is the stack's directory? Ours, marked and locked while a supervisor lives; nothing of
// anyone else's is ever touched.
#pragma once

#include <filesystem>

#include "process/file_descriptor.h"

namespace couponctl::stack {

// In the directory, once all answers: the addresses, as couponctl and as a shell read them.
constexpr auto settings_name = "couponctl.toml", variables_name = "env";

// Throws core::Failure if the path exists and is no directory of this user's alone.
void check_directory_is_ours(const std::filesystem::path& path);

// Did a stack make it?
bool is_marked(const std::filesystem::path& path);

// Does a supervisor live there? Throws core::Failure if that cannot be told.
bool is_locked(const std::filesystem::path& path);

class Directory {
 public:
  // Makes the directory, or takes over one that is empty or that a stack left behind; what a dead
  // stack left is removed unless it was kept. Throws core::Failure if it is anything else, or if
  // a supervisor lives there.
  static Directory claim(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  bool was_kept() const { return was_kept_; }

  void remove();  // with all that is in it, and unlocks
  void keep();    // for the next claim, and unlocks

 private:
  std::filesystem::path path_;
  process::FileDescriptor lock_;
  bool was_kept_ = false;
};

}  // namespace couponctl::stack
