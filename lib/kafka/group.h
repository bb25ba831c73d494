// What do the brokers know of a consumer group? Asked from outside: nobody joins it.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "kafka/consumer.h"

namespace couponctl::kafka {

// The group's offsets of these partitions; one without is missing in the answer.
core::Result<Offsets> committed_offsets(const Cluster& cluster, const std::string& group,
                                        const std::string& topic,
                                        const std::vector<std::int32_t>& partitions,
                                        std::chrono::milliseconds timeout);

struct Member {
  std::string client_id;
  std::string host;
  std::set<std::int32_t> partitions;  // of the topic
};

// Who is in the group; nobody, if there is none of that name.
core::Result<std::vector<Member>> members(const Cluster& cluster, const std::string& group,
                                          const std::string& topic,
                                          std::chrono::milliseconds timeout);

// "couponctl-shop at 10.0.0.7 holds partition 0, 1; …", or "nobody is in it".
std::string describe(const std::vector<Member>& members);

}  // namespace couponctl::kafka
