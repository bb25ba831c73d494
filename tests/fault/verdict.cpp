#include "fault/verdict.h"

#include <fmt/format.h>

#include <algorithm>

namespace couponctl::fault {
namespace {

// Everybody who asked was told in the end, and fresh ones asked until nothing was left: so every
// coupon is there, or somebody holds its place who stands in failed_event.
std::optional<Finding> check_sold_out(const RawStores& stores) {
  std::set<std::int64_t> taken;
  for (const auto& coupon : stores.coupons) taken.insert(coupon.user);
  for (const auto& failed : stores.failed)
    if (failed.user && stores.users.contains(*failed.user)) taken.insert(*failed.user);
  if (static_cast<std::int64_t>(taken.size()) >= stores.quota) return std::nullopt;
  return Finding{Breach::lost, fmt::format("{} of {} coupons after the sell-out",
                                           stores.coupons.size(), stores.quota)};
}

constexpr int audit_consistent = 0;
constexpr int audit_violated = 4;
constexpr int audit_incomplete = 6;

std::optional<Finding> check_audit(bool clean, int code) {
  if (code != audit_consistent && code != audit_incomplete && code != audit_violated)
    return Finding{Breach::disagree, fmt::format("audit ended with {}", code)};
  if (clean && code == audit_violated)
    return Finding{Breach::disagree, "audit finds a broken promise where there is none"};
  if (!clean && code != audit_violated)
    return Finding{Breach::disagree, "audit does not find what the stores show"};
  return std::nullopt;
}

}  // namespace

std::vector<Finding> verdict(const RawStores& stores, const std::vector<Told>& told,
                             const std::set<std::int64_t>& applicants,
                             const Circumstances& circumstances, int audit_code) {
  auto findings = check(stores, told, applicants, circumstances);
  if (auto finding = check_sold_out(stores)) findings.push_back(*std::move(finding));
  const auto shows = [](const Finding& finding) { return finding.shows_in_stores; };
  if (auto finding = check_audit(std::ranges::none_of(findings, shows), audit_code))
    findings.push_back(*std::move(finding));
  return findings;
}

}  // namespace couponctl::fault
