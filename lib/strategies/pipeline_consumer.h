// Runs the product's daemon on a thread of its own, for one run of the pipeline after the other.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/command_hook.h"
#include "issuance/consume.h"
#include "load/target.h"

namespace couponctl::strategies {

class PipelineConsumer {
 public:
  // One run: whoever becomes a coupon of `campaign` is remembered with the time.
  struct Run {
    std::string campaign;
    core::CommandHook* hook = nullptr;
    core::CommandHook* relay_hook = nullptr;
  };

  PipelineConsumer(issuance::ConsumeOptions options, const Run& run);

  // Until the daemon is in its group. Throws what ended it, core::Failure(unreachable) at the
  // deadline, core::Failure(interrupted) if a stop is requested.
  void await_ready(const load::Wait& wait);

  // The daemon goes on, and knows all campaigns of its topic. What it is doing for the run before
  // is heard of by neither.
  void begin(Run run);

  // Why it ended by itself; "" while it runs.
  std::string ended() const;
  std::vector<load::Row> landed() const;
  // Whether it may be writing what it has read, up to where it has told its group of it.
  bool is_writing() const { return hook_.is_writing; }

 private:
  // What it sends for the sake of messages: not how it looks after its own progress now and then.
  struct Hook final : core::CommandHook {
    explicit Hook(core::CommandHook* to) : listener(to) {}
    void before(const core::Command& command) override;
    void answered(std::string_view answer) override;

    core::SwitchedHook listener;
    std::atomic<bool> is_writing = false;
    bool is_passed_on = false;  // the command at hand
  };

  // Of the relay, its looks at the outbox of the run: with what one finds there it goes on to the
  // end, until that is in Kafka and out of the outbox, and only then it comes to the next.
  class RelayHook final : public core::CommandHook {
   public:
    explicit RelayHook(core::CommandHook* to) : listener(to) {}
    void begin(const std::string& campaign);
    void before(const core::Command& command) override;
    void answered(std::string_view answer) override;

    core::SwitchedHook listener;

   private:
    bool is_look(const core::Command& command);

    std::mutex mutex_;  // guards the outbox
    std::string outbox_;
    bool is_passed_on_ = false;
    std::atomic<bool> is_sending_ = false;
  };

  void run(const std::stop_token& stop);
  void note(const issuance::Landed& landed);

  issuance::ConsumeOptions options_;
  Hook hook_;
  RelayHook relay_hook_;
  mutable std::mutex mutex_;  // guards the next six
  std::condition_variable_any changed_;
  std::string campaign_;
  bool ready_ = false;
  std::string waits_;  // why it is not ready
  std::string ended_;
  std::vector<load::Row> landed_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace couponctl::strategies
