// What is to be said of a topic that is not there?
#pragma once

#include <chrono>
#include <string>

#include "core/failure.h"
#include "kafka/client.h"

namespace couponctl::servers {

// Unreachable: names the topic, the brokers and the command that makes it.
core::Failure no_topic(const kafka::Cluster& cluster, const std::string& topic);

// Whether the brokers say within that time that there is none; false if they are silent.
bool lacks_topic(const kafka::Cluster& cluster, const std::string& topic,
                 std::chrono::milliseconds timeout);

}  // namespace couponctl::servers
