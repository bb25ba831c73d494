#include "faults/schedule.h"

#include <algorithm>

namespace couponctl::faults {

using namespace std::chrono_literals;

std::optional<Fault> Schedule::next(Milliseconds now) {
  if (next_ == faults_.size() || faults_[next_].at > now) return std::nullopt;
  return faults_[next_++];
}

void Schedule::begun(const Fault& fault, Milliseconds now) {
  if (fault.lasting == 0ms) return;
  begun_.push_back(fault);
  begun_.back().at = now + fault.lasting;
}

std::optional<Fault> Schedule::next_over(Milliseconds now) {
  const auto over =
      std::ranges::find_if(begun_, [&](const Fault& fault) { return fault.at <= now; });
  if (over == begun_.end()) return std::nullopt;
  const auto fault = *over;
  begun_.erase(over);
  return fault;
}

}  // namespace couponctl::faults
