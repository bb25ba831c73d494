// How is a child process started, talked to and ended, so that it does not outlive its need?
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "process/file_descriptor.h"
#include "process/line_reader.h"

namespace couponctl::process {

using Words = std::vector<std::string>;

// Where a standard stream of a child leads. A file is read as input; as output it is made if it is
// not there (for its owner alone), and appended to.
struct Null {};
struct Inherited {};
struct Pipe {};  // to us
using File = std::filesystem::path;
using Stream = std::variant<Null, Inherited, Pipe, File>;

struct Command {
  Words words;            // the first is a path, or a name that find_executable finds
  std::string name = "";  // what it is told that it is called; "": its first word
  std::optional<Words> environment = {};  // "NAME=value"; nullopt: ours
  std::filesystem::path directory = {};   // where it runs; "": where we do
  Stream input = Null{}, output = Null{}, error = Null{};
  bool outlives_thread = false;  // else the kernel kills it when the thread that spawned it ends
  // These descriptors of ours are its numbers `passed_as` and the next one; -1: none.
  std::array<int, 2> passed{-1, -1};
};
constexpr int passed_as = 3;

// Those of these variables that we have, for Command::environment.
Words variables(std::initializer_list<const char*> names);

// A child that leads a session of its own: no terminal reaches it, and what it starts is in its
// process group unless it leaves that. It gets none of our descriptors but those of its command, no
// signal is blocked in it and none ignored (but SIGXFSZ, if it is here), and its end is waited for
// here alone.
//
// One thread may talk to it (write, close_input, output, error) while others, one at a time, send
// signals and wait.
class Child {
 public:
  Child() = default;  // none
  // Returns when the program runs. Throws core::Failure if it cannot.
  static Child spawn(const Command& command);

  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  ~Child() { kill(); }

  pid_t pid() const { return pid_; }  // 0: none runs
  bool spawned() const { return spawned_; }
  bool running();  // reaps it if it has ended; never waits
  // Its exit code, or 128 + the signal that ended it; nullopt if it still runs after that time.
  std::optional<int> wait(std::chrono::milliseconds within);
  bool succeeded() const;      // it has ended, with exit code 0
  std::string ending() const;  // once it has: "exit code 1", "signal 9"

  bool signal(int number) const;  // to its whole group; false if none runs
  void kill();                    // SIGKILL to its whole group, and reaped
  bool pause();                   // SIGSTOP, until it has stopped; false if it ended or 5 s passed
  bool stopped() const;

  // For streams that are pipes. Where SIGPIPE is not ignored, write() may end us.
  bool write(std::string_view text) const;  // waits; false if it does not read any more
  void close_input() { input_ = {}; }
  LineReader& output() { return output_.lines; }  // a line has its end, and up to 1 MiB
  LineReader& error() { return error_.lines; }

 private:
  void await_end(std::chrono::steady_clock::time_point deadline) const;

  pid_t pid_ = 0;
  int wait_status_ = 0;
  bool spawned_ = false;
  FileDescriptor input_;
  struct Output {
    FileDescriptor from;
    LineReader lines;
  };
  Output output_, error_;
};

}  // namespace couponctl::process
