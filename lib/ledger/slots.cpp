#include "ledger/slots.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/sql.h"

namespace couponctl::ledger {
namespace {

using core::Result;

// Slots that one statement looks at: some 10 ms, far below any time-out, whatever the quota.
constexpr std::int64_t look_slots_max = 65'536;

}  // namespace

Slots::Slots(mysql::Connection& connection, Remembered& remembered, const LockedCampaign& campaign)
    : connection_(connection),
      campaign_(campaign),
      largest_(campaign.largest_slot),
      taken_up_to_(remembered.taken_up_to[{campaign.id, campaign.epoch}]) {}

Result<std::vector<std::int64_t>> Slots::find(std::int64_t count) {
  std::vector<std::int64_t> free;
  const auto last = std::min(campaign_.quota, largest_ + count);
  for (auto slot = largest_ + 1; slot <= last; ++slot) free.push_back(slot);
  const auto found = find_gaps(count, free);
  if (!found) return found.error();
  return free;
}

void Slots::take(const std::vector<std::int64_t>& slots) {
  if (!slots.empty()) largest_ = std::max(largest_, *std::ranges::max_element(slots));
}

Result<void> Slots::find_gaps(std::int64_t count, std::vector<std::int64_t>& free) {
  const auto missing = [&] { return count - static_cast<std::int64_t>(free.size()); };
  for (auto first = taken_up_to_ + 1; first <= largest_ && missing() > 0;) {
    const auto last = std::min(first + look_slots_max - 1, largest_);
    const auto gaps = gaps_between(first, last);
    if (!gaps) return gaps.error();
    if (gaps->empty() && first == taken_up_to_ + 1) taken_up_to_ = last;
    const auto wanted = std::min(missing(), static_cast<std::int64_t>(gaps->size()));
    free.insert(free.end(), gaps->begin(), gaps->begin() + wanted);
    first = last + 1;
  }
  return {};
}

Result<std::vector<std::int64_t>> Slots::gaps_between(std::int64_t first, std::int64_t last) {
  const auto where = fmt::format(
      "FROM coupon WHERE campaign_id = {} AND epoch = {} AND cap = {} AND slot BETWEEN {} AND {}",
      campaign_.id, campaign_.epoch, campaign_.quota, first, last);
  std::vector<std::int64_t> gaps;
  const auto taken = connection_.query_integer("SELECT COUNT(*) " + where);
  if (!taken) return taken.error();
  if (*taken == last - first + 1) return gaps;
  const auto rows = connection_.query("SELECT slot " + where + " ORDER BY slot");
  if (!rows) return rows.error();
  auto next = first;
  for (const auto& row : *rows) {
    const auto slot = sql::integer(row.front());
    for (; next < slot; ++next) gaps.push_back(next);
    next = slot + 1;
  }
  for (; next <= last; ++next) gaps.push_back(next);
  return gaps;
}

}  // namespace couponctl::ledger
