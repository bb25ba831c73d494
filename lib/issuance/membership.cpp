#include "issuance/membership.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/parse.h"

namespace couponctl::issuance {
namespace {

using std::chrono::seconds;

// A group that forms or changes needs up to 6 s: a rebalance of 3 s after another one.
constexpr seconds first_word{9};
constexpr seconds interval_max{300};

std::string rounded(std::chrono::steady_clock::duration duration) {
  return core::format_duration(std::chrono::floor<seconds>(duration));
}

}  // namespace

void Membership::inside(Time now) {
  if (std::exchange(said_, false))
    log_->warn("in group {} after {}", group_, rounded(now - outside_since_.value_or(now)));
  outside_since_.reset();
}

void Membership::outside(Time now) {
  if (outside_since_) return;
  outside_since_ = now;
  interval_ = first_word;
  due_ = now + interval_;
}

std::optional<std::string> Membership::word(Time now, const std::string& why) {
  if (!outside_since_ || now < due_) return std::nullopt;
  interval_ = std::min(2 * interval_, interval_max);
  due_ = now + interval_;
  said_ = true;
  auto word =
      fmt::format("not yet in group {} after {}: {}", group_, rounded(now - *outside_since_),
                  why.empty() ? "its coordinator lets nobody in so far" : why);
  log_->warn(word);
  return word;
}

}  // namespace couponctl::issuance
