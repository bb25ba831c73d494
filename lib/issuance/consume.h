// The daemon: reads the topic, writes the ledger, relays the outbox, and outlives its servers.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "core/command_hook.h"
#include "issuance/back_off.h"
#include "kafka/consumer.h"
#include "ledger/ledger.h"
#include "mysql/connection.h"
#include "redis/client.h"

namespace couponctl::issuance {

struct ConsumeOptions {
  redis::Address redis;
  kafka::Cluster kafka{"127.0.0.1:9092"};
  mysql::Address mysql;
  std::string topic = "coupon_create";
  std::string group = "group_1";
  std::string default_campaign = "default";  // of messages without our headers
  std::int64_t batch_messages_max = 1000;
  std::int64_t rows_per_s_max = 0;  // 0: no limit
  bool until_drained = false;
  // How often progressed() is called at least, while the servers answer; 0: with until_drained
  // only.
  std::chrono::milliseconds progress_interval{0};
  // As in RelayOptions.
  std::chrono::milliseconds relay_grace{1000};
  std::chrono::milliseconds relay_interval{100};
  core::CommandHook* relay_hook = nullptr;
  Log log = {};  // none: nothing is said
};

// What became of the messages that this process read.
struct Consumed {
  std::int64_t read = 0;
  std::int64_t issued = 0;
  std::int64_t duplicate = 0;
  std::map<ledger::FailureClass, std::int64_t> failed = {};
  // Of these partitions the broker has lost or spoiled messages that were never written: they stand
  // still.
  std::set<std::int32_t> gaps = {};
  bool drained = false;
  std::chrono::nanoseconds elapsed{0};
};

// A batch that is in the ledger for good.
struct Landed {
  const std::vector<kafka::Message>& messages;
  const ledger::Batch& batch;  // its messages are those, in the same order
  const ledger::Written& written;
};

// Called on the consuming thread.
struct ConsumeObserver {
  std::function<void()> ready = [] {};  // once: the servers answer and the group has let us in
  // Why it is not ready, or has lost its place: for the first time after 9 s, and again at growing
  // intervals. The log has it, too.
  std::function<void(const std::string&)> waits = [](const std::string&) {};
  // The group has given it these partitions, and there it goes on; again whenever that changes.
  std::function<void(const kafka::Offsets&)> started = [](const kafka::Offsets&) {};
  std::function<void()> alive = [] {};  // several times a second, whatever happens
  std::function<void(const Landed&)> landed = [](const Landed&) {};
  // Once: everything is drained, and what remains is to take leave of the servers.
  std::function<void()> drained = [] {};
  // What it has done so far, and how much is left, for all of the group: messages and outbox
  // entries.
  std::function<void(const Consumed&, std::int64_t left)> progressed = [](const Consumed&,
                                                                          std::int64_t) {};
};

// Consumes until a stop is requested or, with until_drained, until every partition's progress,
// whoever made it, has reached its end and every outbox is empty. What is in hand then is finished,
// or dropped where the database is away: another consumer finds it on the topic. Throws
// core::Failure if a server cannot be reached at the start, or later for what only a person mends;
// core::Failure(runtime) if the offsets have lost their meaning: the topic ends before what was
// read, or is another one, or the progress is gone.
Consumed consume(const ConsumeOptions& options, const ConsumeObserver& observer,
                 const std::stop_token& stop);

}  // namespace couponctl::issuance
