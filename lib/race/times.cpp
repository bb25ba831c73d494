#include "race/times.h"

#include <algorithm>
#include <map>
#include <vector>

namespace couponctl::race {
namespace {

void record_rows(const Calls& calls, std::span<const load::Row> of_run, DesignResult& result) {
  std::vector<load::Row> rows(of_run.begin(), of_run.end());
  std::ranges::sort(rows, {}, &load::Row::user);
  std::map<core::UserId, std::size_t> taken;  // of users with several rows
  calls([&](const load::Call& call) {
    if (call.outcome != load::Outcome::granted) return;
    const auto [begin, end] = std::ranges::equal_range(rows, call.user, {}, &load::Row::user);
    if (begin == end) return;
    const auto place = end - begin > 1 ? taken[call.user]++ : 0;
    if (static_cast<std::ptrdiff_t>(place) >= end - begin) return;
    const auto at = (begin + static_cast<std::ptrdiff_t>(place))->durable_at.count();
    result.durable.record(at == 0 ? call.latency_ns() : at - call.due_ns);
    result.row_delay.record(at == 0 ? 0 : std::max<std::int64_t>(0, at - call.answered_ns));
  });
}

}  // namespace

void record_times(const Calls& calls, std::span<const load::Row> rows, bool settled,
                  DesignResult& result) {
  calls([&](const load::Call& call) {
    if (call.outcome != load::Outcome::unknown) result.latency.record(call.latency_ns());
  });
  if (settled) record_rows(calls, rows, result);
}

}  // namespace couponctl::race
