// Puts messages on the topic that no applicant stands behind: of no meaning, or of a stranger.
#pragma once

#include <mutex>
#include <vector>

#include "fault/checks.h"
#include "fault/plan.h"
#include "fault/workspace.h"
#include "kafka/client.h"

namespace couponctl::fault {

class Sender {
 public:
  explicit Sender(const Workspace& workspace);

  // Queues all poison and all foreign messages of the plan.
  void send(const Plan& plan);
  // Waits until Kafka has them; what it has, and where.
  std::vector<Sent> finish();

 private:
  void send_poison(int kind);
  void send(std::optional<std::int64_t> user, const void* key, std::size_t key_size,
            std::string_view value, bool null, rd_kafka_headers_t* headers);

  std::string topic_;
  std::string campaign_;
  std::vector<Sent> sent_;  // filled by the delivery reports, which flush() brings
  kafka::ClientHandle client_;
};

}  // namespace couponctl::fault
