// Says how a consumer gets on: in its log, or on one line of a terminal that is drawn again.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "issuance/consume.h"
#include "report/progress.h"

namespace couponctl::report {

// "1,200 read: 1,190 issued, 8 duplicate, 2 OVER_QUOTA".
std::string text(const issuance::Consumed& consumed);

// For the consuming thread.
class ConsumeReport {
 public:
  struct Options {
    std::string topic;
    std::string group;
    bool until_drained = false;
    std::function<std::chrono::nanoseconds()> now;  // monotonic
    Progress* line = nullptr;                       // nullptr: nobody watches, all goes to the log
    issuance::Log log;
    std::function<void(const std::string&)> status;  // told what it is doing: one line
  };
  explicit ConsumeReport(Options options)
      : options_(std::move(options)), told_at_(options_.now()) {}

  // How often it wants to hear how much is left.
  std::chrono::milliseconds interval() const;

  // The group has given it these partitions, and there it goes on.
  void started(const kafka::Offsets& starts);
  // Nothing is said where nothing moved, except once that it waits.
  void progressed(const issuance::Consumed& consumed, std::int64_t left);

 private:
  void draw(std::int64_t read, std::int64_t left, const std::string& words) const;

  Options options_;
  std::int64_t told_read_ = 0;  // as of told_at_
  std::chrono::nanoseconds told_at_;
  std::int64_t rate_per_s_ = 0;  // before told_at_
  bool says_that_it_waits_ = false;
};

}  // namespace couponctl::report
