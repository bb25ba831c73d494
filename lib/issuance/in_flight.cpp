#include "issuance/in_flight.h"

#include <cassert>

namespace couponctl::issuance {

std::uint64_t InFlight::begin(const std::string& campaign, const std::string& entry_id,
                              std::int64_t messages) {
  assert(messages > 0);
  const std::scoped_lock lock(mutex_);
  Name name{campaign, entry_id};
  if (!under_way_.insert(name).second) return 0;
  messages_ += messages;
  entries_.emplace(++last_token_, Entry{.name = std::move(name), .messages_left = messages});
  return last_token_;
}

void InFlight::report(std::uint64_t token, bool persisted, std::int64_t messages) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(token);
  assert(found != entries_.end());
  auto& entry = found->second;
  assert(entry.messages_left >= messages);
  entry.messages_left -= messages;
  entry.all_persisted = entry.all_persisted && persisted;
  messages_ -= messages;
  if (entry.messages_left > 0) return;
  if (entry.all_persisted)
    safe_.insert(entry.name);
  else
    under_way_.erase(entry.name);
  entries_.erase(found);
}

std::int64_t InFlight::messages() const {
  const std::scoped_lock lock(mutex_);
  return messages_;
}

std::map<std::string, std::vector<std::string>> InFlight::safe() const {
  const std::scoped_lock lock(mutex_);
  std::map<std::string, std::vector<std::string>> ids;
  for (const auto& [campaign, id] : safe_) ids[campaign].push_back(id);
  return ids;
}

void InFlight::forget(const std::string& campaign, const std::vector<std::string>& entry_ids) {
  const std::scoped_lock lock(mutex_);
  for (const auto& id : entry_ids) {
    safe_.erase({campaign, id});
    under_way_.erase({campaign, id});
  }
}

}  // namespace couponctl::issuance
