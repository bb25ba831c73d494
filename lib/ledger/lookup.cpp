#include "ledger/lookup.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <vector>

namespace couponctl::ledger {

core::Result<std::map<core::UserId, Reached>> look_up(mysql::Connection& connection,
                                                      const std::string& campaign,
                                                      std::int64_t epoch,
                                                      std::span<const core::UserId> users) {
  std::vector<std::int64_t> numbers;
  for (const auto user : users) numbers.push_back(core::number(user));
  const auto wanted = fmt::format("{}", fmt::join(numbers, ","));
  // A campaign's name is 1..32 of a-z 0-9 _ -: it needs no escaping.
  const auto rows = connection.query(fmt::format(
      "SELECT user_id, 'c' FROM coupon WHERE campaign_id = (SELECT MAX(id) FROM campaign WHERE "
      "name = '{0}') AND epoch = {1} AND user_id IN ({2}) UNION ALL SELECT user_id, 'f' FROM "
      "failed_event WHERE campaign = '{0}' AND epoch = {1} AND user_id IN ({2})",
      campaign, epoch, wanted));
  if (!rows) return rows.error();
  std::map<core::UserId, Reached> found;
  for (const auto& row : *rows) {
    const auto& text = row[0].value();
    std::int64_t user = 0;
    std::from_chars(text.data(), text.data() + text.size(), user);
    const auto reached = row[1] == "c" ? Reached::coupon : Reached::failed_event;
    const auto [place, fresh] = found.emplace(core::UserId{user}, reached);
    if (!fresh && reached == Reached::coupon) place->second = reached;
  }
  return found;
}

}  // namespace couponctl::ledger
