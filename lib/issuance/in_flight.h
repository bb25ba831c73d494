// Knows which outbox entries have messages under way, and which of them are safe in Kafka.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace couponctl::issuance {

// Any thread may call it: deliveries are reported on the producer's.
class InFlight {
 public:
  // Begins an entry of so many messages and returns their token; 0 if it is under way already.
  std::uint64_t begin(const std::string& campaign, const std::string& entry_id,
                      std::int64_t messages);
  // What became of `messages` messages of that token. When the last one is known, the entry is
  // safe if all were persisted; otherwise it may begin again.
  void report(std::uint64_t token, bool persisted, std::int64_t messages = 1);

  std::int64_t messages() const;
  // The entries that are safe, by campaign; they stay under way until they are forgotten.
  std::map<std::string, std::vector<std::string>> safe() const;
  void forget(const std::string& campaign, const std::vector<std::string>& entry_ids);

 private:
  using Name = std::pair<std::string, std::string>;  // campaign and id
  struct Entry {
    Name name;
    std::int64_t messages_left;
    bool all_persisted = true;
  };

  mutable std::mutex mutex_;  // guards all that follows
  std::uint64_t last_token_ = 0;
  std::int64_t messages_ = 0;
  std::map<std::uint64_t, Entry> entries_;
  std::set<Name> under_way_;
  std::set<Name> safe_;  // of under_way_
};

}  // namespace couponctl::issuance
