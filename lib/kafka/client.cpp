#include "kafka/client.h"

#include <fmt/format.h>

#include "core/failure.h"

namespace couponctl::kafka {

using core::Error;
using core::Exit;
using core::Failure;
using core::Fault;
using core::Result;

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

ClientHandle make_client(rd_kafka_type_t type, ConfigHandle config) {
  char reason[512];
  ClientHandle client(rd_kafka_new(type, config.get(), reason, sizeof reason));
  if (!client) throw Failure(Exit::usage, fmt::format("kafka client: {}", reason));
  static_cast<void>(config.release());  // the client owns it now
  return client;
}

Error error_of(rd_kafka_resp_err_t code, const std::string& what) {
  Fault fault = Fault::refused;
  if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
    fault = Fault::timeout;
  if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
      code == RD_KAFKA_RESP_ERR__RESOLVE)
    fault = Fault::unreachable;
  return {fault, code, fmt::format("{}: {}", what, rd_kafka_err2str(code))};
}

Result<std::string> cluster_id(const std::string& brokers, std::chrono::milliseconds timeout) {
  const auto client =
      make_client(RD_KAFKA_PRODUCER, make_config({{"bootstrap.servers", brokers},
                                                  {"reconnect.backoff.ms", "50"},
                                                  {"reconnect.backoff.max.ms", "200"}}));
  const auto free_id = [&](char* id) { rd_kafka_mem_free(client.get(), id); };
  const std::unique_ptr<char, decltype(free_id)> id(
      rd_kafka_clusterid(client.get(), static_cast<int>(timeout.count())), free_id);
  if (!id) return Error{Fault::unreachable, 0, fmt::format("kafka {}: no broker answers", brokers)};
  return std::string(id.get());
}

bool is_mock_cluster(const std::string& cluster_id) {
  return cluster_id.starts_with("mockCluster");
}

}  // namespace couponctl::kafka
