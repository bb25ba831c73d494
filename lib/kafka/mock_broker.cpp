#include "kafka/mock_broker.h"

#include "core/failure.h"

namespace couponctl::kafka {

MockBroker::MockBroker()
    : client_(make_client(RD_KAFKA_PRODUCER, make_config({}))),
      cluster_(rd_kafka_mock_cluster_new(client_.get(), 1)) {
  if (!cluster_) throw core::Failure(core::Exit::runtime, "the mock broker does not start");
}

std::string MockBroker::brokers() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }

void MockBroker::fail_next(std::int16_t request, rd_kafka_resp_err_t error) {
  rd_kafka_mock_push_request_errors(cluster_.get(), request, 1, error);
}

}  // namespace couponctl::kafka
