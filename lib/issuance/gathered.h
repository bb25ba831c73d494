// Holds the messages that were read and are not yet written, and knows where each partition stands.
#pragma once

#include <cstdint>
#include <vector>

#include "kafka/consumer.h"
#include "ledger/ledger.h"

namespace couponctl::issuance {

class Gathered {
 public:
  // Begins anew: these partitions, each from its offset.
  void start(kafka::Offsets offsets);
  // Takes a message whose turn it is or whose turn was skipped: offsets may have holes. Others are
  // leftovers of an earlier start and dropped.
  void add(kafka::Message message, const std::string& default_campaign);
  // There is no message for us between the last one and this offset.
  void skip_to(std::int32_t partition, std::int64_t offset);
  // Gives up what is in hand of that partition; it goes on from `offset`.
  void move(std::int32_t partition, std::int64_t offset);
  // What the batch holds is in the ledger.
  void written();

  // Nothing is left to write.
  bool empty() const { return written_ == next_; }
  std::int64_t size() const { return static_cast<std::int64_t>(messages_.size()); }
  std::int64_t size_bytes() const { return size_bytes_; }
  // Where each partition goes on.
  const kafka::Offsets& next() const { return next_; }

  const std::vector<kafka::Message>& messages() const { return messages_; }
  // The messages as the ledger sees them, in the order of messages().
  ledger::Batch batch() const;

 private:
  kafka::Offsets written_;
  kafka::Offsets next_;
  std::vector<kafka::Message> messages_;
  std::vector<ledger::Message> meanings_;  // of messages_; their payloads point there
  std::int64_t size_bytes_ = 0;
};

}  // namespace couponctl::issuance
