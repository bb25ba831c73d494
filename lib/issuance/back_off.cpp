#include "issuance/back_off.h"

#include "core/parse.h"

namespace couponctl::issuance {
namespace {

constexpr auto alarm_after = std::chrono::seconds(60);

}  // namespace

void BackOff::failed(const std::string& why, Time now, bool grave) {
  if (!active()) {
    began_ = now;
    log_->warn("{}: {}; trying again until it works", whose_, why);
  }
  if (!alarmed_ && (grave || now - began_ >= alarm_after)) {
    alarmed_ = true;
    log_->error("{}: needs help after {}: {}", whose_, core::format_duration(now - began_), why);
  }
  back_off_.failed(now);
}

void BackOff::over(Time now) {
  if (!active()) return;
  log_->warn("{}: works again after {} and {} failures", whose_,
             core::format_duration(now - began_), back_off_.failures());
  back_off_.over();
  alarmed_ = false;
}

}  // namespace couponctl::issuance
