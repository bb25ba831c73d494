// Runs couponctl, or another program, as a child process whose output is kept.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace couponctl::test {

// Waits for a condition; false when it does not hold within the time.
bool eventually(const std::function<bool()>& holds,
                std::chrono::seconds within = std::chrono::seconds(20));

// Whether the process is gone, or dead and not yet reaped.
bool is_gone(pid_t pid);

class Child {
 public:
  // Starts `words[0]` with the other words as arguments, in an empty environment but PATH, HOME
  // and JAVA_HOME, and feeds it `input`.
  explicit Child(std::vector<std::string> words, const std::string& input = "");
  ~Child();  // kills what still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  std::string out() const;  // what it wrote so far
  std::string err() const;
  void signal(int number) const;
  // The exit code, or 128 + the signal that ended it; -1 if it still runs after that time.
  int wait(std::chrono::seconds within = std::chrono::seconds(60));

 private:
  std::filesystem::path directory_;
  pid_t pid_ = 0;
  int code_ = -1;
};

struct Finished {
  int code;
  std::string out, err;
};

// `couponctl <words>`, until it ends.
Finished couponctl(std::vector<std::string> words, const std::string& input = "");

}  // namespace couponctl::test
