// Makes and asks librdkafka client instances: what producer, consumer and admin share.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "core/handle.h"
#include "core/result.h"

namespace couponctl::kafka {

using Settings = std::vector<std::pair<std::string, std::string>>;
using ClientHandle = core::Handle<rd_kafka_t, rd_kafka_destroy>;
using ConfigHandle = core::Handle<rd_kafka_conf_t, rd_kafka_conf_destroy>;

// librdkafka's configuration for these properties, with its own logging off: errors reach
// callers as results. Throws core::Failure(usage) for an unknown property or a bad value.
ConfigHandle make_config(const Settings& settings);

// A client of that type; throws core::Failure(usage) with librdkafka's reason.
ClientHandle make_client(rd_kafka_type_t type, ConfigHandle config);

core::Error error_of(rd_kafka_resp_err_t code, const std::string& what);

// The cluster's id, as a proof that a broker answers within the time-out.
core::Result<std::string> cluster_id(const std::string& brokers, std::chrono::milliseconds timeout);

// Whether that id is one of librdkafka's in-process mock broker, which is no real Kafka.
bool is_mock_cluster(const std::string& cluster_id);

}  // namespace couponctl::kafka
