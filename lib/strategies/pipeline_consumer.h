// Runs the product's daemon on a thread of its own for one run of the pipeline.
#pragma once

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
  // Whoever becomes a coupon of `campaign` is remembered with the time.
  PipelineConsumer(issuance::ConsumeOptions options, std::string campaign, core::CommandHook* hook);

  // Until the daemon is in its group. Throws what ended it, core::Failure(unreachable) at the
  // deadline, core::Failure(interrupted) if a stop is requested.
  void await_ready(const load::Wait& wait);

  // Why it ended by itself; "" while it runs.
  std::string ended() const;
  std::vector<load::Row> landed() const;

 private:
  void run(const std::stop_token& stop);
  void note(const issuance::Landed& landed);

  issuance::ConsumeOptions options_;
  std::string campaign_;
  core::CommandHook* hook_;
  mutable std::mutex mutex_;  // guards the next five
  std::condition_variable_any changed_;
  bool ready_ = false;
  std::string waits_;  // why it is not ready
  std::string ended_;
  std::vector<load::Row> landed_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace couponctl::strategies
