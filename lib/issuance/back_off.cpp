#include "issuance/back_off.h"

#include <algorithm>

#include "core/parse.h"

namespace couponctl::issuance {
namespace {

constexpr auto alarm_after = std::chrono::seconds(60);
constexpr int doublings_max = 16;  // far beyond any bound, and no overflow

}  // namespace

void BackOff::failed(const std::string& why, Time now, bool grave) {
  if (failures_ == 0) {
    began_ = now;
    log_->warn("{}: {}; trying again until it works", whose_, why);
  }
  if (!alarmed_ && (grave || now - began_ >= alarm_after)) {
    alarmed_ = true;
    log_->error("{}: needs help after {}: {}", whose_, core::format_duration(now - began_), why);
  }
  const auto bound =
      std::min(delays_.first * (1 << std::min(failures_, doublings_max)), delays_.max);
  std::uniform_int_distribution<std::chrono::milliseconds::rep> any(0, bound.count());
  due_ = now + std::chrono::milliseconds(any(random_));
  ++failures_;
}

void BackOff::over(Time now) {
  if (failures_ == 0) return;
  log_->warn("{}: works again after {} and {} failures", whose_,
             core::format_duration(now - began_), failures_);
  failures_ = 0;
  alarmed_ = false;
  due_ = {};
}

}  // namespace couponctl::issuance
