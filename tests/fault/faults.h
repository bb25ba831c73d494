// How is one fault of the plan carried out, and taken back?
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "fault/clients.h"
#include "fault/commands.h"
#include "fault/consumers.h"
#include "fault/ground.h"
#include "fault/tally.h"

namespace couponctl::fault {

// For one thread.
class Faults {
 public:
  // The references outlive this.
  Faults(const Ground& ground, const Plan& plan, Applicants& applicants, Consumers& consumers,
         Commands& commands, Tally& tally);

  // Does what is due so long after the load began.
  void advance(Milliseconds since_begin);
  bool done() const { return next_ == plan_.faults.size() && to_take_back_.empty(); }
  // Everything works again: at once, not when it is due.
  void mend();

  // Redis lost something that it had acknowledged; and if it was the outbox alone, nothing tells.
  bool redis_forgot() const { return redis_forgot_; }
  bool outbox_is_lost() const { return outbox_is_lost_; }
  bool quota_is_raised() const { return quota_is_raised_; }

 private:
  bool begin(const Fault& fault);
  bool begin_of_process(const Fault& fault);
  bool begin_of_redis(const Fault& fault);
  bool begin_of_database(const Fault& fault);
  void take_back(const Fault& fault);
  bool delete_key(int which);
  bool flush();
  bool raise_quota();
  bool lock_campaign();
  void count_cuts();

  const Ground& ground_;
  const Plan& plan_;
  Applicants& applicants_;
  Consumers& consumers_;
  Commands& commands_;
  Tally& tally_;
  std::size_t next_ = 0;
  std::vector<Fault> to_take_back_;  // `at` is when
  std::vector<FaultKind> cuts_;      // asked for, in order
  int commits_cut_before_;
  std::optional<mysql::Connection> locker_;  // idle within a transaction
  bool redis_forgot_ = false;
  bool outbox_is_lost_ = false;
  bool quota_is_raised_ = false;
};

}  // namespace couponctl::fault
