#include "kafka/client.h"

#include <fmt/format.h>

#include "core/failure.h"

namespace couponctl::kafka {

using core::Error;
using core::Exit;
using core::Failure;
using core::Fault;
using core::Result;

namespace {
constexpr int probe_slice_ms = 100;
}

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
  bool all_down = false;
  auto config = make_config({{"bootstrap.servers", brokers}});
  rd_kafka_conf_set_opaque(config.get(), &all_down);
  rd_kafka_conf_set_error_cb(config.get(), [](rd_kafka_t*, int code, const char*, void* flag) {
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) *static_cast<bool*>(flag) = true;
  });
  const auto client = make_client(RD_KAFKA_PRODUCER, std::move(config));
  // In slices, so that a refused connection is an answer at once and not after the time-out.
  for (const auto deadline = std::chrono::steady_clock::now() + timeout;
       !all_down && std::chrono::steady_clock::now() < deadline;) {
    if (char* const id = rd_kafka_clusterid(client.get(), probe_slice_ms)) {
      std::string copy(id);
      rd_kafka_mem_free(client.get(), id);
      return copy;
    }
    rd_kafka_poll(client.get(), 0);
  }
  return Error{Fault::unreachable, 0, fmt::format("kafka {}: no broker answers", brokers)};
}

bool is_mock_cluster(const std::string& cluster_id) {
  return cluster_id.starts_with("mockCluster");
}

}  // namespace couponctl::kafka
