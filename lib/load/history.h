// Keeps every call of a run, in a file that has no name, so that memory stays flat.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "load/call.h"
#include "process/file_descriptor.h"

namespace couponctl::load {

class History {
 public:
  // Makes the file where temporary ones go ($TMPDIR). Throws core::Failure.
  History();

  // One thread's end of it; what it was given is in the history once it is flushed.
  class Writer {
   public:
    explicit Writer(History& history);
    // Throws core::Failure if there is no room left.
    void append(const Call& call);
    void flush();

   private:
    History& history_;
    std::vector<Call> calls_;
  };

  std::int64_t size() const { return bytes_ / static_cast<std::int64_t>(sizeof(Call)); }

  // All calls, block by block; those of one writer are in their order. Once nobody writes any more.
  // Throws core::Failure if they cannot be read back.
  void for_each(const std::function<void(const Call&)>& see) const;

 private:
  void write(std::span<const Call> calls);

  process::FileDescriptor file_;
  std::atomic<std::int64_t> bytes_ = 0;
};

}  // namespace couponctl::load
