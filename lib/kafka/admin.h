// Creates, deletes and measures Kafka topics.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "kafka/client.h"

namespace couponctl::kafka {

class Admin {
 public:
  explicit Admin(const std::string& brokers);

  // Replication factor: the broker's default. A topic that exists already is a success.
  core::Result<void> create_topic(const std::string& topic, int partitions);
  // A topic that does not exist is a success.
  core::Result<void> delete_topic(const std::string& topic);
  core::Result<bool> has_topic(const std::string& topic);
  // By partition; Fault::refused if there is no such topic.
  core::Result<std::map<std::int32_t, Watermarks>> watermarks(const std::string& topic);

 private:
  ClientHandle client_;
};

}  // namespace couponctl::kafka
