// Reads a stretch of a topic as it lies there: outside of any group, and without moving anything.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "kafka/admin.h"
#include "kafka/consumer.h"

namespace couponctl::kafka {

// Calls `each` for every message of these partitions from its offset on up to the end that the
// partition had when this began; messages of transactions that were rolled back, or are under way,
// are left out.
// `alive` is called several times a second while it reads. Returns those ends. Fault::refused if a
// partition does not reach back to its offset, or ends before it; Fault::timeout if the brokers are
// silent for that long.
core::Result<Offsets> read_log(
    const Cluster& cluster, const std::string& topic, const Offsets& begin,
    std::chrono::milliseconds silence_max, const std::function<void(const Message&)>& each,
    const std::function<void()>& alive = [] {});

}  // namespace couponctl::kafka
