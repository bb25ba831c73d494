// What goes wrong in a run: what fails in the middle of it is carried out, and taken back.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <vector>

#include "core/command_hook.h"
#include "faults/injector.h"
#include "strategies/strategy.h"

namespace couponctl::race {

enum class Fault {
  none,
  broker_down,    // Kafka is killed, and started again after longer than a sender waits
  kill_applier,   // one of two processes that ask is killed
  kill_consumer,  // whoever inserts in the background is killed, several times, and started again
  database_down,  // no connection to MySQL
  redis_restart,  // Redis is killed, and started again with what it has written down
  redis_flush,    // Redis forgets everything
  late_consumer,  // whoever inserts in the background joins for the first time after the storm
  leftovers,      // the run is a second event under the same keys, and the first one's are there
};
constexpr Fault all_faults[] = {Fault::none,          Fault::broker_down,   Fault::kill_applier,
                                Fault::kill_consumer, Fault::database_down, Fault::redis_restart,
                                Fault::redis_flush,   Fault::late_consumer, Fault::leftovers};
std::string_view name(Fault fault);  // as typed after --fault

// Why the fault cannot touch a design that needs these; "": it can.
std::string_view untouched(Fault fault, const strategies::Needs& needs);

// Ends those who work in the background of a deployment before one of their commands, as kill -9
// would: what they have in hand is lost.
class KillSwitch {
 public:
  // For strategies::Scratch::hook. It lives as long as this.
  KillSwitch();
  ~KillSwitch();
  KillSwitch(const KillSwitch&) = delete;
  KillSwitch& operator=(const KillSwitch&) = delete;
  core::CommandHook* hook();
  bool has_any() const;
  // Those who have a hook by now, each at its `command`th command from now on, from 1. False if
  // within that time none has come so far: there is nothing to do.
  bool kill_all(int command, std::chrono::milliseconds within);

 private:
  class Hook;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Hook>> hooks_;
};

// One fault in the middle of one run. Servers are harmed through the injector, others by who knows
// them.
class Harm {
 public:
  struct Hands {
    faults::Injector* servers = nullptr;
    std::function<void()> kill_applier = [] {};
    std::function<void()> kill_consumer = [] {};
  };

  Harm(Fault fault, Hands hands) : fault_(fault), hands_(std::move(hands)) {}

  // Throws core::Failure if it cannot be done.
  void begin();
  // When it has lasted, or a stop is requested. Nothing if it has not begun or is over.
  void end(const std::stop_token& stop);

 private:
  Fault fault_;
  Hands hands_;
  std::vector<faults::Fault> begun_;
  std::chrono::steady_clock::time_point begun_at_;
};

// In a run with a broker that is down a sender waits no longer than this, for the five minutes of
// librdkafka or the two of the Java client.
constexpr std::chrono::milliseconds send_within_at_fault{1000};
// A lock that nobody could release is not waited for longer.
constexpr std::chrono::milliseconds lease_at_fault{2000};

}  // namespace couponctl::race
