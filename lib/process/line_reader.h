// What is the next line that another process writes, and does it come in time?
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "process/file_descriptor.h"

namespace couponctl::process {

class LineReader {
 public:
  LineReader() = default;  // at its end
  explicit LineReader(FileDescriptor from) : from_(std::move(from)), at_end_(!from_) {}

  // Without its end of line; what is longer than 1 MiB comes in pieces of that size. nullopt if
  // none came in that time, or at the end; the beginning of a line that never ended is not one.
  std::optional<std::string> next(std::chrono::milliseconds within);
  bool at_end() const { return at_end_; }  // nothing more will be read; lines may be left

 private:
  std::optional<std::string> take();

  FileDescriptor from_;
  std::string read_;
  bool at_end_ = true;
};

}  // namespace couponctl::process
