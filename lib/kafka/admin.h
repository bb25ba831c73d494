// Creates, deletes and measures Kafka topics.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "kafka/client.h"
#include "kafka/consumer.h"

namespace couponctl::kafka {

// Of one partition: the first offset there is, and the one that the next message gets.
struct Watermarks {
  std::int64_t low = 0;
  std::int64_t high = 0;
};

class Admin {
 public:
  // Each question to the brokers is given up after that time.
  explicit Admin(const Cluster& cluster,
                 std::chrono::milliseconds timeout = std::chrono::seconds(30));

  // Returns once every partition has a leader that answers. Replication factor: the broker's
  // default. A topic that exists already is a success.
  core::Result<void> create_topic(const std::string& topic, int partitions);
  // A topic that does not exist is a success.
  core::Result<void> delete_topic(const std::string& topic);
  core::Result<bool> has_topic(const std::string& topic);
  // By partition; Fault::refused if there is no such topic.
  core::Result<std::map<std::int32_t, Watermarks>> watermarks(const std::string& topic);

 private:
  bool is_mock();
  // `which`: RD_KAFKA_OFFSET_BEGINNING or END.
  core::Result<Offsets> list_offsets(const std::string& topic, Offsets partitions,
                                     std::int64_t which);
  core::Result<void> await_leaders(const std::string& topic);
  int timeout_ms_;
  ClientHandle client_;
};

}  // namespace couponctl::kafka
