// Sends again what was admitted and whose message may never have reached Kafka: the outbox's rest.
#pragma once

#include <atomic>
#include <chrono>
#include <exception>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/command_hook.h"
#include "issuance/admission.h"
#include "issuance/back_off.h"
#include "issuance/in_flight.h"
#include "kafka/producer.h"
#include "mysql/connection.h"

namespace couponctl::issuance {

struct RelayOptions {
  redis::Address redis;
  kafka::Cluster kafka{"127.0.0.1:9092"};
  mysql::Address mysql;  // whose campaigns there are
  std::string topic;
  // Younger entries are left to whoever admitted them, unless he said that he leaves them to it.
  std::chrono::milliseconds grace{1000};
  // How old the list of campaigns may grow.
  std::chrono::milliseconds campaigns_age_max{2000};
  std::chrono::milliseconds look_interval{100};
  // How often an empty outbox of a closed campaign is looked at: nobody but `recover` adds to it.
  std::chrono::milliseconds closed_rest{60'000};
  core::CommandHook* hook = nullptr;  // hears of what its thread sends
};

// A thread of its own, with connections of its own: an outage of Redis stops only the relay.
class Relay {
 public:
  // Throws core::Failure if Redis cannot be reached or refuses us.
  Relay(RelayOptions options, const Log& log);
  // Leaves what is under way in the outbox: the next relay sends it again.
  ~Relay() = default;
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Whether it is this process that relays. Two at once do no harm but send twice.
  void activate(bool active) { active_ = active; }

  // Throws what ended the thread, if anything did: then nothing is relayed any more.
  void check() const;

  // How many entries all outboxes held at the last look, less than a second ago; nullopt: unknown.
  std::optional<std::int64_t> outbox_entries() const;

 private:
  struct Watched {
    std::string name;
    bool closed = false;
    std::chrono::steady_clock::time_point rests_until = {};
  };

  void run(const std::stop_token& stop);
  void look();
  void find_campaigns();
  core::Result<void> serve();
  core::Result<std::int64_t> serve(const std::string& campaign);
  core::Result<void> send_due(const std::string& campaign);
  core::Result<void> quarantine(const std::string& campaign, const std::string& entry_id);
  kafka::Producer& working_producer();
  // False if Kafka takes no more now: the rest waits for the next look.
  bool send(const std::string& campaign, const OutboxEntry& entry);
  void complain_once(const std::string& what);

  RelayOptions options_;
  Log log_;
  std::stop_token stop_;  // of the thread
  std::atomic<bool> active_ = false;
  std::exception_ptr ended_by_;  // read once has_ended_ is set
  std::atomic<bool> has_ended_ = false;
  std::atomic<std::int64_t> outbox_entries_ = -1;  // -1: unknown
  std::optional<Admission> admission_;
  std::optional<mysql::Connection> database_;
  std::vector<Watched> campaigns_;  // by name
  std::chrono::steady_clock::time_point campaigns_due_{};
  std::set<std::string> complaints_;
  BackOff redis_back_off_;
  BackOff database_back_off_;
  InFlight in_flight_;
  std::optional<kafka::Producer> producer_;  // made when there is something to send
  std::jthread thread_;                      // last: it uses the others
};

}  // namespace couponctl::issuance
