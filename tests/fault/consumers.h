// Who writes the coupons? Daemons of `consume`, started again when they have ended.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "fault/tally.h"
#include "fault/workspace.h"

namespace couponctl::fault {

// For one thread.
class Consumers {
 public:
  Consumers(const Workspace& workspace, const Plan& plan, Tally& tally);

  // Starts again who has ended, and lets go on who stands at a kill point. To be called often.
  void tend();
  // Whether that one was there and got the signal.
  bool signal(int consumer, int number);
  void resume_all();
  // One more, and away with it again.
  void add();
  void remove();
  // SIGTERM to all; whoever has not ended in time is found to hang.
  void stop();

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Daemon {
    fault::Consumer consumer = {};
    int number = 0;
    int starts = 0;
    std::optional<process::Child> process = {};
    bool killed_by_us = false;
    bool terminated_by_us = false;
    bool paused_by_us = false;
    bool leaves = false;  // it is not started again
    Time point_reached = {};
    Time start_due = {};
    Time end_due = {};  // after a SIGTERM
  };

  void start(Daemon& daemon);
  void tend(Daemon& daemon);
  void ended(Daemon& daemon, int code);

  const Workspace& workspace_;
  const Plan& plan_;
  Tally& tally_;
  std::vector<std::unique_ptr<Daemon>> daemons_;
};

// The end of a consumer after SIGTERM, without what a busy machine adds.
constexpr std::chrono::milliseconds shutdown_timeout{3000};

// What `consume` is told beside addresses: a group that notices soon who is dead.
std::vector<std::string> consume_words(const std::string& group);

}  // namespace couponctl::fault
