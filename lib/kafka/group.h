// What do the brokers know of a consumer group? Asked from outside: nobody joins it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "kafka/consumer.h"

namespace couponctl::kafka {

// The group's offsets of these partitions; one without is missing in the answer.
core::Result<Offsets> committed_offsets(const Cluster& cluster, const std::string& group,
                                        const std::string& topic,
                                        const std::vector<std::int32_t>& partitions,
                                        std::chrono::milliseconds timeout);

}  // namespace couponctl::kafka
