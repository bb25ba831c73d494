// Makes and asks librdkafka client instances: what producer, consumer and admin share.
#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/handle.h"
#include "core/result.h"

namespace couponctl::kafka {

using Settings = std::vector<std::pair<std::string, std::string>>;

// Where the brokers are, and how the user wants us to talk to them (security.protocol=ssl, …).
struct Cluster {
  Cluster(std::string bootstrap, Settings user_properties = {})
      : brokers(std::move(bootstrap)), properties(std::move(user_properties)) {}

  std::string brokers;  // host:port, separated by commas
  Settings properties;
};

// Reads "name=value" as a property that a user may set. The error is a phrase that follows the name
// of a flag or key: a property that the promise rests on is owned by couponctl, a password has no
// place where others can read it, and librdkafka must know the name and take the value.
core::Result<std::pair<std::string, std::string>> parse_property(std::string_view text);
using ClientHandle = core::Handle<rd_kafka_t, rd_kafka_destroy>;
using ConfigHandle = core::Handle<rd_kafka_conf_t, rd_kafka_conf_destroy>;

// librdkafka's configuration for these properties, with its own logging off: errors reach
// callers as results. Throws core::Failure(usage) for an unknown property or a bad value.
ConfigHandle make_config(const Settings& settings);
// The same for a client of that cluster.
ConfigHandle make_config(const Cluster& cluster, Settings settings);

// A client of that type; throws core::Failure(usage) with librdkafka's reason.
ClientHandle make_client(rd_kafka_type_t type, ConfigHandle config);

core::Error error_of(rd_kafka_resp_err_t code, const std::string& what);
// Negative codes are librdkafka's own, the others a broker's.
core::Code code_of(rd_kafka_resp_err_t code);
bool is(const core::Error& error, rd_kafka_resp_err_t code);

// The cluster's id, as a proof that a broker answers within the time-out. An error as soon as
// `stop` is requested.
core::Result<std::string> cluster_id(const Cluster& cluster, std::chrono::milliseconds timeout,
                                     const std::stop_token& stop = {});

// Whether that id is one of librdkafka's in-process mock broker, which is no real Kafka.
bool is_mock_cluster(const std::string& cluster_id);

}  // namespace couponctl::kafka
