// How librdkafka names partitions of a topic, each with an offset.
#pragma once

#include <span>
#include <string>

#include "core/handle.h"
#include "kafka/consumer.h"

namespace couponctl::kafka {

using PartitionList =
    core::Handle<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

inline PartitionList list_of(const std::string& topic, const Offsets& offsets) {
  PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [partition, offset] : offsets)
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset;
  return list;
}

inline auto items(const rd_kafka_topic_partition_list_t& list) {
  return std::span(list.elems, static_cast<std::size_t>(list.cnt));
}

}  // namespace couponctl::kafka
