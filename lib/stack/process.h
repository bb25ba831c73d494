// How is a child process started so that it cannot outlive this one, and how is it ended?
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace couponctl::stack {

using Words = std::vector<std::string>;

struct Command {
  Words words;                      // the first is an absolute path
  std::filesystem::path directory;  // where it runs
  std::filesystem::path log;        // its stdout and stderr are appended here
};

// A child that leads its own process group and is killed by the kernel when the thread that
// spawned it ends. It cannot start anything that must survive.
class Child {
 public:
  Child() = default;
  static Child spawn(const Command& command);  // throws core::Failure

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child() { kill(); }

  pid_t pid() const { return pid_; }  // 0: none runs
  bool spawned() const { return spawned_; }
  bool running();              // reaps it if it has ended; never waits
  bool succeeded() const;      // it has ended, with exit code 0
  std::string ending() const;  // "exit code 1", "signal 9"

  void signal(int number) const;  // to the whole group; nothing if none runs
  void kill();                    // SIGKILL, and reaped
  bool pause();                   // SIGSTOP, until it has stopped; false if it ended or 5 s passed

 private:
  pid_t pid_ = 0;
  int wait_status_ = 0;
  bool spawned_ = false;
};

// Searches $PATH, then the directories of servers that an ordinary user's PATH leaves out.
std::optional<std::filesystem::path> find_executable(std::string_view name);

struct Executable {
  std::string name, package;  // Debian's package
};

// Throws core::Failure naming all that are missing, with the one command that installs them.
void require_executables(const std::vector<Executable>& executables);

}  // namespace couponctl::stack
