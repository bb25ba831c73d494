// Keeps every call of a run, in a file that has no name, so that memory stays flat.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "load/call.h"
#include "process/file_descriptor.h"

namespace couponctl::load {

class History {
 public:
  // Makes the file where temporary ones go ($TMPDIR). Throws core::Failure.
  History();
  // To be written to; another process made it and will take() what is in it.
  explicit History(process::FileDescriptor shared) : file_(std::move(shared)) {}
  int descriptor() const { return file_.get(); }

  // One thread's end of it; what it was given is in the history once it is flushed.
  class Writer {
   public:
    // It keeps so many calls before it writes them: with 1 no more than the last is lost if the
    // process is killed.
    explicit Writer(History& history, std::size_t kept = 256);
    // Throws core::Failure if there is no room left.
    void append(const Call& call);
    void flush();

   private:
    History& history_;
    std::size_t kept_;
    std::vector<Call> calls_;
  };

  // Adds what another process has written, who writes no more; what it has written a part of when
  // it was killed is no call.
  void take(const History& written);

  std::int64_t size() const { return bytes_ / static_cast<std::int64_t>(sizeof(Call)); }

  // All calls, block by block; those of one writer are in their order. Once nobody writes any more.
  // Throws core::Failure if they cannot be read back.
  void for_each(const std::function<void(const Call&)>& see) const;

 private:
  void write(std::span<const Call> calls);
  void read(std::int64_t bytes, const std::function<void(const Call&)>& see) const;

  process::FileDescriptor file_;
  std::atomic<std::int64_t> bytes_ = 0;
};

}  // namespace couponctl::load
