#include "couponctl/bench_exit.h"

#include <algorithm>

namespace couponctl::cmd {

using core::Exit;
using race::DesignResult;
using race::Judged;
using race::RaceResult;
using race::Verdict;

Exit exit_of(std::span<const RaceResult> results) {
  const auto any = [&](Verdict verdict) {
    return std::ranges::any_of(results, [&](const RaceResult& result) {
      return std::ranges::find(result.designs, verdict, &DesignResult::verdict) !=
             result.designs.end();
    });
  };
  if (any(Verdict::broken)) return Exit::broken_promise;
  if (any(Verdict::failed)) return Exit::runtime;
  const auto any_threshold = [&](Judged::Word word) {
    return std::ranges::any_of(results, [&](const RaceResult& result) {
      return std::ranges::find(result.thresholds, word, &Judged::word) != result.thresholds.end();
    });
  };
  if (any_threshold(Judged::Word::missed)) return Exit::threshold;
  const bool all_known = !any(Verdict::inconclusive) && !any_threshold(Judged::Word::not_measured);
  return all_known ? Exit::ok : Exit::incomplete;
}

bool all_skipped(std::span<const RaceResult> results) {
  return std::ranges::all_of(results, [](const RaceResult& result) {
    return std::ranges::all_of(result.designs, [](const DesignResult& design) {
      return design.verdict == Verdict::skipped;
    });
  });
}

}  // namespace couponctl::cmd
