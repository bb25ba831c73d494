// Runs a program of the trial: with an environment and pipes of its own, and never longer than us.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "process/file_descriptor.h"

namespace couponctl::fault {

struct Program {
  std::vector<std::string> words = {};  // the first is a path
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::filesystem::path log = {};  // its stderr, and its stdout unless that is a pipe
  bool pipes = false;              // whether we write its stdin and read its stdout
};

// Killed by the kernel when the thread that started it ends. Stopping and ending it may be asked
// for by another thread than the one that talks to it.
class Process {
 public:
  explicit Process(const Program& program);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool signal(int number) const;  // false if it has ended
  // Waits; the exit code, or 128 + the signal that ended it. nullopt if it still runs by then.
  std::optional<int> wait(std::chrono::milliseconds within);
  bool is_stopped() const;

  // False if it does not read any more.
  bool write(std::string_view text) const;
  void close_input() { input_ = {}; }
  // The next line of its output; nullopt at its end, or if none came in that time.
  std::optional<std::string> read_line(std::chrono::milliseconds within);
  bool at_end() const { return at_end_; }

 private:
  pid_t pid_ = 0;
  std::optional<int> code_;
  process::FileDescriptor input_, output_;
  std::string buffer_;
  bool at_end_ = false;
};

}  // namespace couponctl::fault
