#include "race/verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "core/format.h"

namespace couponctl::race {
namespace {

using load::Promise;

void widen(Spread& spread, std::int64_t value, bool first) {
  spread.min = first ? value : std::min(spread.min, value);
  spread.max = first ? value : std::max(spread.max, value);
}

std::string found_text(const DesignResult& result) {
  const Findings sum{.over = result.over.max,
                     .duplicate = result.duplicate,
                     .lost = result.lost,
                     .phantom = result.phantom,
                     .locked_out = result.locked_out,
                     .under = result.under,
                     .inversion = result.inversion};
  std::vector<std::string_view> found;
  for (const auto flaw : all_flaws)
    if (sum.count(flaw) > 0) found.push_back(name(flaw));
  return fmt::format("{}", fmt::join(found, ", "));
}

}  // namespace

std::string DesignResult::text() const {
  switch (verdict) {
    case Verdict::exact:
      return why.empty() ? "exact" : "exact: " + why;
    case Verdict::shown:
      return why + ", as expected";
    case Verdict::not_seen:
      return "race not seen, raise --threads";
    case Verdict::broken:
      return why;
    case Verdict::inconclusive:
      return "inconclusive: " + why;
    case Verdict::failed:
      return "could not run: " + why;
    case Verdict::skipped:
      return "skipped: " + why;
    case Verdict::interrupted:
      return "interrupted";
  }
  return "";
}

Demand demand_of(const load::Users& users, std::uint64_t seed, std::int64_t requests,
                 std::int64_t limit) {
  Demand demand{.limit = limit, .requests = requests, .users = requests};
  if (users.kind == load::Users::Kind::same) demand.users = std::min<std::int64_t>(1, requests);
  if (users.kind != load::Users::Kind::random) return demand;
  std::unordered_set<std::int64_t> seen;
  for (std::int64_t i = 0; i < requests && std::ssize(seen) <= limit; ++i)
    seen.insert(core::number(load::user_of(users, seed, i)));
  demand.users = std::ssize(seen);
  return demand;
}

void Tally::add(const Run& run, DesignResult& result) {
  const bool first = result.runs++ == 0;
  auto found = run.found;
  if (!run.unknown.empty()) {
    if (unknown_.empty()) unknown_ = run.unknown;
    // A row may still come.
    found.lost = found.locked_out = found.under = found.inversion = found.unknown_not_issued = 0;
  }
  widen(result.issued, found.issued, first);
  widen(result.over, found.over, first);
  result.duplicate += found.duplicate;
  result.lost += found.lost;
  result.phantom += found.phantom;
  result.locked_out += found.locked_out;
  result.under += found.under;
  result.inversion += found.inversion;
  result.unknown_issued += found.unknown_issued;
  result.unknown_not_issued += found.unknown_not_issued;
  result.errors += run.failed;
  if (!found.clean()) ++result.bad_runs;
  widen(result.held, run.held, first);
  result.asked_again += run.asked_again;
  result.converged = std::max(result.converged, run.converged);
  if (judged_ && found.breaks(promise_)) result.breaks_promise = true;
  const auto answered = run.requests - run.failed;
  if (run.seconds > 0 && answered > 0)
    result.requests_per_second.push_back(static_cast<double>(answered) / run.seconds);
  requests_ += run.requests;
  failed_ += run.failed;
  if (first_error_.empty()) first_error_ = run.first_error;
}

// What was found for certain stands, whatever else is not known.
void Tally::conclude(const Demand& demand, const std::string& not_begun,
                     DesignResult& result) const {
  const auto found = found_text(result);
  const auto unknown = inconclusive(demand, not_begun, result);
  result.why = found;
  if (result.breaks_promise) {
    result.verdict = Verdict::broken;
  } else if (!result.ran()) {
    result.verdict = not_begun.empty() ? Verdict::interrupted : Verdict::failed;
    result.why = not_begun;
  } else if (!unknown.empty()) {
    result.verdict = Verdict::inconclusive;
    result.why = found.empty() ? unknown : found + "; " + unknown;
  } else if (!found.empty()) {
    result.verdict = Verdict::shown;
  } else if (!judged_ || !promise_.never_over_quota) {
    result.verdict = Verdict::not_seen;
  } else {
    result.verdict = Verdict::exact;
    if (!demand.reaches_limit(promise_)) result.why = "one for each user, limit not reached";
  }
}

std::string Tally::inconclusive(const Demand& demand, const std::string& not_begun,
                                const DesignResult& result) const {
  if (failed_ > 0)
    return fmt::format("{} of {} requests failed, first with {}", core::grouped(failed_),
                       core::grouped(requests_), first_error_);
  if (!unknown_.empty()) return unknown_;
  if (!not_begun.empty())
    return fmt::format("run {} could not begin: {}", result.runs + 1, not_begun);
  const bool one_each_was_tried = promise_.one_per_user && demand.repeats_users();
  if (!demand.reaches_limit(promise_) && !one_each_was_tried)
    return "limit not reached, raise --requests or lower --limit";
  return "";
}

}  // namespace couponctl::race
