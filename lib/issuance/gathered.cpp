#include "issuance/gathered.h"

#include <cassert>

#include "issuance/wire.h"

namespace couponctl::issuance {

void Gathered::start(kafka::Offsets offsets) {
  written_ = next_ = std::move(offsets);
  messages_.clear();
  meanings_.clear();
  size_bytes_ = 0;
}

void Gathered::add(kafka::Message message, const std::string& default_campaign) {
  const auto next = next_.find(message.partition());
  if (next == next_.end() || message.offset() < next->second) return;
  next->second = message.offset() + 1;
  size_bytes_ += static_cast<std::int64_t>(message.value().value_or("").size());
  meanings_.push_back(read(message, default_campaign));
  messages_.push_back(std::move(message));
}

void Gathered::skip_to(std::int32_t partition, std::int64_t offset) {
  const auto next = next_.find(partition);
  if (next != next_.end() && offset > next->second) next->second = offset;
}

void Gathered::move(std::int32_t partition, std::int64_t offset) {
  assert(next_.contains(partition));
  std::erase_if(meanings_, [&](const auto& message) { return message.partition == partition; });
  std::erase_if(messages_, [&](const auto& message) { return message.partition() == partition; });
  written_[partition] = next_[partition] = offset;
}

void Gathered::written() { start(next_); }

ledger::Batch Gathered::batch() const {
  ledger::Batch batch{.ranges = {}, .messages = meanings_};
  for (const auto& [partition, end] : next_)
    if (const auto begin = written_.at(partition); begin < end)
      batch.ranges.push_back({partition, begin, end});
  return batch;
}

}  // namespace couponctl::issuance
