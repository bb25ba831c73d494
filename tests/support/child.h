// Runs couponctl, or another program, with an input and a kept output.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "process/child.h"

namespace couponctl::test {

// Waits for a condition; false when it does not hold within the time.
bool eventually(const std::function<bool()>& holds,
                std::chrono::seconds within = std::chrono::seconds(20));

// A process::Child whose input and output are files of a directory that goes with it.
class Child {
 public:
  // Starts `words[0]` with the other words as arguments, in an empty environment but PATH, HOME,
  // JAVA_HOME and a runtime directory of its own, and feeds it `input`.
  explicit Child(process::Words words, const std::string& input = "");
  ~Child() { std::filesystem::remove_all(directory_); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return child_.pid(); }
  std::string out() const;  // what it wrote so far
  std::string err() const;
  void signal(int number) const { child_.signal(number); }
  bool stopped() const { return child_.stopped(); }
  // The exit code, or 128 + the signal that ended it; -1 if it still runs after that time.
  int wait(std::chrono::seconds within = std::chrono::minutes(3));

 private:
  std::filesystem::path directory_;
  process::Child child_;
};

struct Finished {
  int code;
  std::string out, err;
};

// `couponctl <words>`, until it ends.
Finished couponctl(process::Words words, const std::string& input = "");

}  // namespace couponctl::test
