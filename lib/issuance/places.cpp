#include "issuance/places.h"

#include <fmt/format.h>

#include <utility>

#include "core/parse.h"
#include "redis/scan.h"

namespace couponctl::issuance {

using core::Result;

namespace {

// Entries read at once: each holds up to admit_users_max winners.
constexpr std::int64_t page_entries = 100;

Result<OutboxPage> read_page(const std::string& campaign, const Result<redis::Reply>& reply) {
  if (!reply) return reply.error();
  const auto entries = redis::stream_entries(reply->value());
  if (!entries) return entries.error();
  OutboxPage page;
  page.reserve(entries->size());
  for (const auto& [id, fields] : *entries)
    page.push_back(parse_entry(campaign, std::string(id), fields));
  return page;
}

}  // namespace

CampaignKeys::CampaignKeys(std::string_view campaign)
    : meta(fmt::format("coupon:{{{}}}:meta", campaign)),
      users(fmt::format("coupon:{{{}}}:users", campaign)),
      outbox(fmt::format("coupon:{{{}}}:outbox", campaign)),
      quarantine(fmt::format("coupon:{{{}}}:quarantine", campaign)) {}

std::optional<Place> parse_place(std::string_view text) {
  const auto bar = text.find('|');
  if (bar == std::string_view::npos || bar + 1 == text.size()) return std::nullopt;
  const auto seq = core::whole_number(text.substr(0, bar));
  if (!seq) return std::nullopt;
  return Place{*seq, text.substr(bar + 1)};
}

std::string format_place(const Place& place) {
  return fmt::format("{}|{}", place.seq, place.entry_id);
}

OutboxEntry parse_entry(const std::string& campaign, std::string id,
                        std::span<const redis::Pair> fields) {
  OutboxEntry entry{.id = std::move(id)};
  std::optional<std::int64_t> epoch;
  std::optional<std::int64_t> at;
  for (const auto& [name, text] : fields) {
    const auto value = core::whole_number(text);
    const auto user = core::whole_number(name);
    if (value && name == "epoch") {
      epoch = value;
    } else if (value && name == "at") {
      at = value;
    } else if (value && name == "relay") {
      entry.is_for_relay = *value == 1;
    } else if (value && user && epoch && at) {
      entry.winners.push_back({campaign, *epoch, core::UserId{*user}, *value, *at});
    } else {
      entry.winners.clear();
      return entry;
    }
  }
  return entry;
}

Result<OutboxPage> read_outbox(redis::Client& client, const std::string& campaign,
                               const std::string& after_id, std::int64_t entries_max) {
  const auto start = after_id.empty() ? std::string("-") : "(" + after_id;
  const auto count = std::to_string(entries_max);
  return read_page(campaign, client.command({"XRANGE", CampaignKeys(campaign).outbox, start, "+",
                                             "COUNT", count}));
}

Result<std::optional<OutboxEntry>> find_in_outbox(redis::Client& client,
                                                  const std::string& campaign,
                                                  const std::string& id) {
  const CampaignKeys keys(campaign);
  auto page = read_page(campaign, client.command({"XRANGE", keys.outbox, id, id}));
  if (!page) return page.error();
  return page->empty() ? std::nullopt : std::optional(std::move(page->front()));
}

Result<void> walk_outbox(redis::Client& client, const std::string& campaign,
                         const std::function<Result<bool>(const OutboxPage&)>& each) {
  std::string after;
  for (;;) {
    const auto page = read_outbox(client, campaign, after, page_entries);
    if (!page) return page.error();
    if (page->empty()) return {};
    const auto goes_on = each(*page);
    if (!goes_on) return goes_on.error();
    if (!*goes_on || std::ssize(*page) < page_entries) return {};
    after = page->back().id;
  }
}

}  // namespace couponctl::issuance
