// Writes what a consumer has read: coupons, failed events and progress, all or nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/user_id.h"
#include "ledger/campaigns.h"
#include "ledger/remembered.h"

namespace couponctl::ledger {

// Why a message did not become a coupon. The first two can never become one. Unknown is a campaign,
// or an epoch of it, that the database has not begun.
enum class FailureClass { poison, stale_epoch, unknown_campaign, over_quota, rejected_row };

std::string_view name(FailureClass failure);  // "POISON"

// One message of the topic.
struct Message {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string campaign = "";  // a valid name
  // nullopt: the current one (a foreign producer)
  std::optional<std::int64_t> epoch = std::nullopt;
  core::UserId user{0};
  std::int64_t seq = 0;
  std::optional<FailureClass> failed = std::nullopt;       // poison: the fields above mean nothing
  std::optional<std::string_view> payload = std::nullopt;  // the raw value, nullopt if it is null
};

// Offsets begin..end-1 of one partition.
struct Range {
  std::int32_t partition = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

struct Batch {
  std::vector<Range> ranges;  // at most one for each partition
  std::vector<Message> messages;
};

struct Written {
  std::int64_t issued = 0;
  std::int64_t duplicate = 0;  // the user had a coupon of that epoch
  std::map<FailureClass, std::int64_t> failed;
  std::set<std::string> unknown;  // the campaigns of those that are unknown_campaign
  // Partitions whose progress was not where the batch begins, with where it is: nothing of the
  // batch was written. At or past the batch's end, an earlier commit had landed.
  std::map<std::int32_t, std::int64_t> conflicts;
};

// One consumer's view of the topic; used by one thread.
class Ledger {
 public:
  // `cluster` and `topic` name whose progress it is.
  Ledger(mysql::Connection connection, std::string cluster, std::string topic);

  // Where to go on: the recorded next offset by partition.
  core::Result<std::map<std::int32_t, std::int64_t>> progress();
  // Records where a partition begins, unless it has progress already.
  core::Result<void> begin_partition(std::int32_t partition, std::int64_t offset);

  // One transaction. After an error nothing of the batch is known to be written: connect anew if
  // the connection broke, and run the whole batch again; the progress makes that harmless.
  // Fault::invalid if that cannot help: the progress is gone, or the topic is another one.
  core::Result<Written> write(const Batch& batch);

 private:
  // nullopt: the progress is elsewhere, nothing was written.
  core::Result<std::optional<Written>> write_once(const Batch& batch);

  mysql::Connection connection_;
  std::string cluster_;
  std::string topic_;
  Remembered remembered_;
};

}  // namespace couponctl::ledger
