// How are the faults of a trial carried out, and taken back? Those of servers by lib/faults, those
// of processes and of the campaign here.
#pragma once

#include <chrono>
#include <optional>

#include "fault/clients.h"
#include "fault/commands.h"
#include "fault/consumers.h"
#include "fault/tally.h"
#include "fault/workspace.h"
#include "faults/injector.h"
#include "faults/schedule.h"

namespace couponctl::fault {

// For one thread.
class Faults {
 public:
  // The references outlive this.
  Faults(const Workspace& workspace, const Plan& plan, Applicants& applicants, Consumers& consumers,
         Commands& commands, Tally& tally);

  // Does what is due so long after the load began.
  void advance(Milliseconds since_begin);
  bool done() const { return schedule_.done(); }
  // Everything works again: at once, not when it is due.
  void heal();

  // Redis lost something that it had acknowledged; and if it was the outbox alone, nothing tells.
  bool redis_forgot() const { return key_is_lost_ || injector_.redis_forgot(); }
  bool outbox_is_lost() const { return outbox_is_lost_; }
  bool quota_is_raised() const { return quota_is_raised_; }

 private:
  bool begin(const Fault& fault);
  void take_back(const Fault& fault);
  bool delete_key(int which);
  bool raise_quota();
  bool lock_campaign();

  const Workspace& workspace_;
  const Plan& plan_;
  faults::Injector& injector_;
  Applicants& applicants_;
  Consumers& consumers_;
  Commands& commands_;
  Tally& tally_;
  faults::Schedule schedule_;
  std::optional<mysql::Connection> locker_;  // idle within a transaction
  bool key_is_lost_ = false;
  bool outbox_is_lost_ = false;
  bool quota_is_raised_ = false;
};

}  // namespace couponctl::fault
