// Does everything that Redis, the database and Kafka hold of a campaign fit together?
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/client.h"
#include "mysql/connection.h"
#include "redis/client.h"

namespace couponctl::audit {

struct AuditOptions {
  redis::Address redis = {};
  kafka::Cluster kafka{"127.0.0.1:9092"};
  mysql::Address mysql = {};
  std::string topic = "coupon_create";
  std::string group = "group_1";
  std::string campaign = "default";
  // What looks wrong may be under way: it is looked up again so often, after that long each time.
  int rechecks_max = 5;
  std::chrono::milliseconds recheck_pause{200};
  // Called now and then, with how far the part that takes long has come.
  std::function<void(std::string_view what, std::int64_t done, std::int64_t total)> progress =
      [](auto, auto, auto) {};
};

constexpr std::size_t examples_max = 5;

// What one rule found.
struct Finding {
  std::string rule = "";  // its stable name
  std::string claim = "";
  std::int64_t examined = 0;  // how many things were looked at; 0: the rule was not run
  std::int64_t violations = 0;
  std::vector<std::string> examples = {};  // the first of the violations
  std::vector<std::string> notes = {};     // worth knowing, and no violation
  std::string hint = "";                   // what to do about a violation

  void violate(std::string example, std::int64_t count = 1) {
    violations += count;
    if (examples.size() < examples_max) examples.push_back(std::move(example));
  }
  void note(std::string text) { notes.push_back(std::move(text)); }
  std::string_view verdict() const {  // a violation counts even where nothing else was examined
    return violations > 0 ? "VIOLATED" : examined > 0 ? "pass" : "not run";
  }
};

// group_ahead: somebody reads for the group whose work is not in this database. Nothing is lost,
// and nothing is left to do but that.
enum class Verdict { consistent, in_flight, incomplete, group_ahead, violated };
std::string_view name(Verdict verdict);  // "IN FLIGHT"

struct Audit {
  std::string campaign = "";
  std::int64_t epoch = 0;
  std::string state = "";
  std::int64_t quota = 0;
  std::int64_t admitted = 0;    // users that Redis holds
  std::int64_t coupons = 0;     // rows of the epoch
  std::int64_t outbox = 0;      // entries
  std::int64_t lag = 0;         // messages of all campaigns that the ledger has not taken in
  std::int64_t failed_new = 0;  // failed events that a replay may still turn into coupons
  // Somebody began another epoch, or a recover, each time it was read: what was compared is of two
  // worlds, and proves nothing.
  bool moved = false;
  bool group_ahead = false;  // its offset is beyond the recorded progress
  std::vector<Finding> findings = {};

  Verdict verdict() const;
};

// Reads Redis, the database, Kafka, and Redis again, and writes nothing but a proof in the database
// that is rolled back. A system at work is never called violated: what may be under way is looked
// up again. Throws core::Failure: unreachable names the server, usage an unknown campaign.
Audit audit(const AuditOptions& options);

}  // namespace couponctl::audit
