// Hands winners to Kafka and waits until it has acknowledged them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "issuance/admission.h"
#include "kafka/producer.h"

namespace couponctl::issuance {

struct HandoverOptions {
  kafka::Cluster brokers{"127.0.0.1:9092"};
  std::string topic = "coupon_create";
  std::chrono::milliseconds linger{5};  // how long a message waits for company; 0 where one applies
};

// One producer, which many threads may share. One that is broken for good is replaced, and what it
// held is sent again: the outbox entries are still there, so at worst the ledger sees a duplicate.
class Handover {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit Handover(const HandoverOptions& options);

  // Until the brokers have told of the topic, so that the first message need not wait for that.
  core::Result<void> await_topic(std::chrono::milliseconds timeout);

  // Sends one message for each winner, 1000 at the most. Returns, for each, whether Kafka said in
  // time that it is written; of the others that is not known, and to send them again is harmless.
  std::vector<bool> send(std::span<const Winner> winners, Deadline deadline);

 private:
  struct Call {
    std::vector<bool>& persisted;
    std::size_t outstanding;
    std::condition_variable reported = {};  // of its own: whoever waits is woken for nobody else's
  };

  std::shared_ptr<kafka::Producer> working_producer();
  // Whether all that was not `persisted`, which is kept up to date, has its report in time.
  bool send_missing(kafka::Producer& producer, std::span<const Winner> winners,
                    std::vector<bool>& persisted, Deadline deadline);
  void report(const kafka::Delivery& delivery);

  HandoverOptions options_;
  std::mutex mutex_;  // guards all but the options
  std::uint64_t calls_begun_ = 0;
  std::map<std::uint64_t, Call*> waiting_;  // by number; who waited too long is not in it any more
  // Each call holds the one that it uses: a broken one ends, with all of its reports, when the last
  // call has let go of it. Never under the lock, which the reports need.
  std::shared_ptr<kafka::Producer> producer_;  // last: its end brings reports
};

}  // namespace couponctl::issuance
