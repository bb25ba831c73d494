// Reads descriptors and files so that an error is never taken for the end, nor for nothing.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "core/result.h"

namespace couponctl::process {

// What one read brought.
enum class Arrival {
  bytes,
  nothing_yet,  // of a descriptor that does not wait
  end,
};

struct Chunk {
  Arrival arrival = Arrival::nothing_yet;
  std::size_t size = 0;  // how much of the buffer was filled
};

// One read(2), begun again when a signal interrupts it. The error's text is the system's:
// "Connection reset by peer".
core::Result<Chunk> read_some(int descriptor, std::span<char> buffer);

// All up to the end of the file, `size_max` bytes at the most. The error names no file.
core::Result<std::string> read_to_end(
    int descriptor, std::size_t size_max = std::numeric_limits<std::size_t>::max());

// The regular file from `offset` on. The error names path and cause; that there is no such file is
// one, too.
core::Result<std::string> read_file(const std::filesystem::path& path, std::ptrdiff_t offset = 0);

// A file that /proc has of a process; nothing if there is no such process.
core::Result<std::optional<std::string>> read_proc(const std::filesystem::path& path);

}  // namespace couponctl::process
