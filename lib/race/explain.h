// Which granted requests of a real run read the same answer before they wrote?
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/command_hook.h"
#include "race/check.h"

namespace couponctl::race {

// One command of a worker in a run. Times in ns since the gate opened.
struct HeardCommand {
  std::int64_t sent_ns = 0;
  std::optional<std::int64_t> answered_ns = {};  // none: its answer was not waited for
  core::Server server = core::Server::none;
  std::string text = "";  // "INCR coupon_count"
  // What it reads, whoever asks: "SELECT COUNT(*) FROM coupon". "": it changes something, too.
  std::string reads = "";
  std::string answer = "";
};

// Writes down what the workers of a run send, in memory, and no more than `commands_max` of each of
// them.
class CommandLog {
 public:
  CommandLog(int workers, std::size_t commands_max);
  ~CommandLog();

  core::CommandHook* hook(int worker);  // lives as long as this

  // Once nobody sends any more: what each worker sent, in its order.
  std::vector<std::vector<HeardCommand>> heard(
      std::chrono::steady_clock::time_point opened_at) const;
  bool cut() const;  // there was more than it may keep

 private:
  class Hook;
  std::vector<std::unique_ptr<Hook>> hooks_;
};

// The requests that were granted although they had read the same, and what they sent.
struct Explanation {
  struct Command {
    int worker = 0;
    core::UserId user{0};
    HeardCommand heard;
  };

  int run = 0;              // from 1
  bool flawed = false;      // something was wrong with that run
  bool cut = false;         // only the first commands of each worker were kept
  std::string read = "";    // what they read: "SELECT COUNT(*) FROM coupon"
  std::string answer = "";  // "99"
  int requests = 0;         // how many did; 0: no two granted requests read the same answer
  int requests_told = 0;    // of how many the commands are there
  std::vector<Command> commands = {};  // in the order in which they were sent
};

// Takes the last read of each granted request that it sent something after, and of those who read
// the same the largest group, the first of several. Of its first `requests_max` requests the
// commands are told. An INCR or UPDATE reads and changes in one step: no two can read the same.
// `calls` of one worker come in its order.
Explanation explain(const Calls& calls, const std::vector<std::vector<HeardCommand>>& heard,
                    int requests_max);

}  // namespace couponctl::race
