// Hosts librdkafka's in-process broker: a stand-in where there is no Java, and labelled as such.
#pragma once

#include "kafka/client.h"  // rdkafka.h has to come before rdkafka_mock.h

#include <librdkafka/rdkafka_mock.h>

#include <cstdint>
#include <string>

namespace couponctl::kafka {

class MockBroker {
 public:
  MockBroker();

  std::string brokers() const;  // "127.0.0.1:34567"

  // Answers the next request of that number in the protocol (ApiKey) with that error.
  void fail_next(std::int16_t request, rd_kafka_resp_err_t error);

 private:
  ClientHandle client_;
  core::Handle<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy> cluster_;
};

}  // namespace couponctl::kafka
