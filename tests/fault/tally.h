// What has really happened in a trial: faults by kind, and what was found?
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "fault/checks.h"

namespace couponctl::fault {

// Any thread may add to it.
class Tally {
 public:
  void happened(const std::string& fault) {
    const std::scoped_lock lock(mutex_);
    ++faults_[fault];
  }
  void found(Breach breach, std::string what) {
    const std::scoped_lock lock(mutex_);
    findings_.push_back({breach, std::move(what)});
  }

  std::map<std::string, int> faults() const {
    const std::scoped_lock lock(mutex_);
    return faults_;
  }
  std::vector<Finding> findings() const {
    const std::scoped_lock lock(mutex_);
    return findings_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int> faults_;
  std::vector<Finding> findings_;
};

// Whether the process ended in a way that no promise allows: an assert, a crash.
inline bool crashed(int code) {
  return code == 128 + 6 || code == 128 + 11 || code == 128 + 8 || code == 128 + 7 ||
         code == 128 + 4;
}

}  // namespace couponctl::fault
