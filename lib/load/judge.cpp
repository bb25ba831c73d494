#include "load/judge.h"

#include <fmt/format.h>

#include <algorithm>

namespace couponctl::load {
namespace {

using core::UserId;
using strategies::Promise;

// How many of `wanted` are not matched by a row, both as multisets.
std::int64_t missing(std::vector<UserId> wanted, const std::vector<UserId>& sorted_rows) {
  std::ranges::sort(wanted);
  std::vector<UserId> absent;
  std::ranges::set_difference(wanted, sorted_rows, std::back_inserter(absent));
  return std::ssize(absent);
}

std::vector<std::string> complaints(const StrategyResult& result) {
  std::vector<std::string> found;
  if (result.over.max > 0) found.emplace_back("over-issues");
  if (result.duplicate > 0) found.emplace_back("duplicates");
  if (result.lost > 0) found.emplace_back("loses");
  if (result.under > 0) found.emplace_back("under-issues");
  return found;
}

}  // namespace

bool Finding::breaks(const Promise& promise) const {
  if (promise.never_over_quota && (over > 0 || under > 0)) return true;
  if (promise.one_per_user && duplicate > 0) return true;
  return lost > 0;  // nobody may lose a coupon while nothing fails
}

Finding judge(const Outcome& outcome, const Promise& promise) {
  auto rows = outcome.rows;
  std::ranges::sort(rows);
  Finding finding;
  finding.issued = std::ssize(rows);
  finding.over = std::max<std::int64_t>(0, finding.issued - outcome.limit);
  finding.lost = missing(outcome.granted, rows);
  finding.duplicate = finding.issued - (std::ranges::unique(rows).begin() - rows.begin());
  const auto claims = promise.one_per_user ? outcome.applicants : outcome.requests;
  const auto due = std::min(outcome.limit, claims);
  if (outcome.errors == 0 && finding.lost == 0)
    finding.under = std::max<std::int64_t>(0, due - finding.issued);
  return finding;
}

void pronounce(StrategyResult& result, const Promise& promise, bool limit_reachable) {
  result.expected = promise.never_over_quota ? "exact" : "over-issues";
  const auto found = complaints(result);
  result.good = found.empty() && (promise.never_over_quota || !limit_reachable);
  if (!found.empty())
    result.verdict =
        fmt::format("{}{}", fmt::join(found, ", "), result.promise_broken ? "" : ", as expected");
  else if (promise.never_over_quota)
    result.verdict = "exact";
  else
    result.verdict =
        limit_reachable ? "race not seen, raise --threads" : "limit not reached, raise --requests";
  if (result.errors > 0) {
    result.good = false;
    result.verdict += fmt::format(", {} failed", result.errors);
  }
}

}  // namespace couponctl::load
