#include "kafka/client.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/failure.h"
#include "core/parse.h"

namespace couponctl::kafka {

using core::Domain;
using core::Error;
using core::Exit;
using core::Failure;
using core::Fault;
using core::Result;

namespace {
constexpr int probe_slice_ms = 100;

// What the promise rests on, and what would load code or make a cluster of its own.
constexpr std::string_view owned[] = {"bootstrap.servers",
                                      "metadata.broker.list",
                                      "group.id",
                                      "enable.idempotence",
                                      "acks",
                                      "request.required.acks",
                                      "max.in.flight",
                                      "max.in.flight.requests.per.connection",
                                      "transactional.id",
                                      "enable.auto.commit",
                                      "enable.auto.offset.store",
                                      "auto.offset.reset",
                                      "isolation.level",
                                      "partition.assignment.strategy",
                                      "check.crcs",
                                      "allow.auto.create.topics",
                                      "plugin.library.paths",
                                      "test.mock.num.brokers"};
}  // namespace

ConfigHandle make_config(const Settings& settings) {
  ConfigHandle config(rd_kafka_conf_new());
  rd_kafka_conf_set_log_cb(config.get(), [](const rd_kafka_t*, int, const char*, const char*) {});
  char reason[512];
  for (const auto& [name, value] : settings)
    if (rd_kafka_conf_set(config.get(), name.c_str(), value.c_str(), reason, sizeof reason) !=
        RD_KAFKA_CONF_OK)
      throw Failure(Exit::usage, fmt::format("kafka property {}: {}", name, reason));
  return config;
}

ConfigHandle make_config(const Cluster& cluster, Settings settings) {
  settings.insert(settings.begin(), {"bootstrap.servers", cluster.brokers});
  settings.insert(settings.end(), cluster.properties.begin(), cluster.properties.end());
  return make_config(settings);
}

Result<std::pair<std::string, std::string>> parse_property(std::string_view text) {
  const auto refuse = [](std::string reason) {
    return Error{Fault::invalid, {}, std::move(reason)};
  };
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return refuse(fmt::format("must be name=value (got {})", core::quote(text)));
  const std::string name(text.substr(0, equals));
  std::string value(text.substr(equals + 1));
  if (std::ranges::find(owned, name) != std::end(owned))
    return refuse(fmt::format("must not set {}: it is owned by couponctl", core::quote(name)));
  if (name.find("password") != std::string::npos)
    return refuse(fmt::format("must not set {}: others could read it here", core::quote(name)));
  try {
    make_config({{name, value}});
  } catch (const Failure& failure) {
    return refuse(fmt::format("is not accepted: {}", failure.what()));
  }
  return std::pair(name, std::move(value));
}

ClientHandle make_client(rd_kafka_type_t type, ConfigHandle config) {
  char reason[512];
  ClientHandle client(rd_kafka_new(type, config.get(), reason, sizeof reason));
  if (!client) throw Failure(Exit::usage, fmt::format("kafka client: {}", reason));
  static_cast<void>(config.release());  // the client owns it now
  return client;
}

core::Code code_of(rd_kafka_resp_err_t code) {
  return {code < 0 ? Domain::librdkafka : Domain::kafka_broker, code};
}

bool is(const Error& error, rd_kafka_resp_err_t code) { return error.code == code_of(code); }

Error error_of(rd_kafka_resp_err_t code, const std::string& what) {
  Fault fault = Fault::refused;
  if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
    fault = Fault::timeout;
  if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
      code == RD_KAFKA_RESP_ERR__RESOLVE)
    fault = Fault::unreachable;
  if (code == RD_KAFKA_RESP_ERR__BAD_MSG || code == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
      code == RD_KAFKA_RESP_ERR__UNDERFLOW)
    fault = Fault::garbled;
  return {fault, code_of(code), fmt::format("{}: {}", what, rd_kafka_err2str(code))};
}

Result<std::string> cluster_id(const Cluster& cluster, std::chrono::milliseconds timeout,
                               const std::stop_token& stop) {
  bool all_down = false;
  auto config = make_config(cluster, {});
  rd_kafka_conf_set_opaque(config.get(), &all_down);
  rd_kafka_conf_set_error_cb(config.get(), [](rd_kafka_t*, int code, const char*, void* flag) {
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) *static_cast<bool*>(flag) = true;
  });
  const auto client = make_client(RD_KAFKA_PRODUCER, std::move(config));
  // In slices, so that a refused connection is an answer at once and not after the time-out.
  for (const auto deadline = std::chrono::steady_clock::now() + timeout;
       !all_down && !stop.stop_requested() && std::chrono::steady_clock::now() < deadline;) {
    if (char* const id = rd_kafka_clusterid(client.get(), probe_slice_ms)) {
      std::string copy(id);
      rd_kafka_mem_free(client.get(), id);
      return copy;
    }
    rd_kafka_poll(client.get(), 0);
  }
  return Error{Fault::unreachable, {}, fmt::format("kafka {}: no broker answers", cluster.brokers)};
}

bool is_mock_cluster(const std::string& cluster_id) {
  return cluster_id.starts_with("mockCluster");
}

}  // namespace couponctl::kafka
