// Says when to try a failing server again, and tells people once that trouble began and once that
// it is over.
#pragma once

#include <spdlog/logger.h>

#include <chrono>
#include <memory>
#include <string>

#include "core/back_off.h"

namespace couponctl::issuance {

using Log = std::shared_ptr<spdlog::logger>;

using core::Delays;

// core::BackOff with words: of one server, for one thread. Time is passed in.
class BackOff {
 public:
  using Time = core::BackOff::Time;

  // `whose` begins each line: "database".
  BackOff(std::string whose, Delays delays, Log log)
      : whose_(std::move(whose)), log_(std::move(log)), back_off_(delays) {}

  // Not to be tried again before due(); worth an alarm after a minute, or at once if it is `grave`.
  void failed(const std::string& why, Time now, bool grave = false);
  // It worked.
  void over(Time now);

  bool active() const { return back_off_.active(); }
  Time due() const { return back_off_.due(); }

 private:
  std::string whose_;
  Log log_;
  core::BackOff back_off_;
  Time began_{};
  bool alarmed_ = false;
};

}  // namespace couponctl::issuance
