// Hands winners to Kafka and waits until it has acknowledged them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "issuance/admission.h"
#include "kafka/producer.h"

namespace couponctl::issuance {

// Used by one thread at a time; the reports come in on the producer's.
class Handover {
 public:
  // `linger`: how long a message waits for others to share its request; 0 for one user.
  Handover(const std::string& brokers, std::string topic, std::chrono::milliseconds linger);

  // Sends one message for each winner. Returns, for each, whether Kafka said in time that it is
  // written; for the others that is not known, and sending them again is harmless.
  std::vector<bool> send(std::span<const Winner> winners,
                         std::chrono::steady_clock::time_point deadline);

 private:
  void report(const kafka::Delivery& delivery);

  std::string topic_;
  std::mutex mutex_;  // guards the next four
  std::condition_variable all_reported_;
  std::vector<bool> persisted_;
  std::size_t outstanding_ = 0;
  std::uint64_t first_token_ = 0;
  kafka::Producer producer_;  // last: its end brings reports
};

}  // namespace couponctl::issuance
