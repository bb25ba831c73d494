#include "redis/scan.h"

#include <algorithm>

namespace couponctl::redis {

using core::Result;

namespace {
// Names asked for, and fields hoped for, at once: some ten kilobytes.
constexpr std::size_t page_fields = 1000;
}  // namespace

Result<void> walk_hash(Client& client, std::string_view key,
                       const std::function<Result<void>(std::span<const Pair>)>& each) {
  const auto count = std::to_string(page_fields);
  std::string cursor = "0";
  do {
    const auto reply = client.command({"HSCAN", key, cursor, "COUNT", count});
    if (!reply) return reply.error();
    const auto page = reply->value().array(2);
    if (!page) return page.error();
    const auto next = (*page)[0].text();
    if (!next) return next.error();
    const auto fields = (*page)[1].pairs();
    if (!fields) return fields.error();
    if (auto done = each(*fields); !done) return done;
    cursor = *next;
  } while (cursor != "0");
  return {};
}

Result<std::vector<std::optional<std::string>>> hash_fields(Client& client, std::string_view key,
                                                            std::span<const std::string> names) {
  std::vector<std::optional<std::string>> values;
  values.reserve(names.size());
  while (!names.empty()) {
    const auto page = names.first(std::min(names.size(), page_fields));
    std::vector<std::string_view> words{"HMGET", key};
    words.insert(words.end(), page.begin(), page.end());
    const auto reply = client.command(words);
    if (!reply) return reply.error();
    const auto found = reply->value().array(page.size());
    if (!found) return found.error();
    for (std::size_t i = 0; i < page.size(); ++i) {
      if ((*found)[i].is_nil()) {
        values.emplace_back();
        continue;
      }
      const auto value = (*found)[i].text();
      if (!value) return value.error();
      values.emplace_back(*value);
    }
    names = names.subspan(page.size());
  }
  return values;
}

Result<std::vector<StreamEntry>> stream_entries(const Value& value) {
  const auto list = value.array();
  if (!list) return list.error();
  std::vector<StreamEntry> entries;
  entries.reserve(list->size());
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto entry = (*list)[i].array(2);
    if (!entry) return entry.error();
    const auto id = (*entry)[0].text();
    if (!id) return id.error();
    auto fields = (*entry)[1].pairs();
    if (!fields) return fields.error();
    entries.push_back({*id, *std::move(fields)});
  }
  return entries;
}

}  // namespace couponctl::redis
