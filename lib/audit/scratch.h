// A place of the audit's own, where anomalies can be planted: a database, a topic and campaigns
// that nobody else uses, on servers that others may use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/audit.h"
#include "issuance/handover.h"
#include "kafka/admin.h"
#include "servers/scratch.h"

namespace couponctl::audit {

// A campaign as a sound system leaves it: everything written; or also with one user in the outbox
// and one on the topic; or with a failed event that may still become a coupon.
enum class Baseline { at_rest, under_way, incomplete };

class Scratch {
 public:
  // Throws core::Failure. Only the servers of the options count.
  explicit Scratch(const AuditOptions& servers);
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // Removes what a self-test left that was killed; a sentence for each.
  static std::vector<std::string> sweep(const AuditOptions& servers);

  // Another campaign, of quota 10, and nothing else. Users 1 to 4 hold coupons, 5 has a failed
  // event, 6 is on the topic, 7 in the outbox; 1001 has a coupon of a foreign producer.
  void set_up(Baseline baseline);

  // What audits the campaign that was set up last.
  AuditOptions audit_options() const;

  // In both, {id}, {name}, {cluster}, {topic}, {meta}, {users}, {outbox}, {quarantine} stand for
  // what they are here; {part} is the partition that user 6 is on and {other} one without news.
  // Redis's words are separated by spaces.
  void sql(const std::string& statement);
  void redis(const std::string& command);
  // Commits offsets of the group so many messages beyond the progress.
  void move_group_ahead(std::int64_t messages);

 private:
  // Makes database and topic, and removes all in the end.
  class Area {
   public:
    explicit Area(const AuditOptions& servers);
    ~Area();
    Area(const Area&) = delete;
    Area& operator=(const Area&) = delete;

    mysql::Address database() const;
    const std::string& name() const { return name_; }  // of both

   private:
    servers::Servers servers_;
    servers::ScratchNumber number_;
    std::string name_;
  };

  std::string fill(std::string text) const;
  std::map<std::int32_t, std::int64_t> ends();
  void make_tables();
  void empty_tables();
  void name_campaign();
  void admit_users(Baseline baseline);
  void write_rows(Baseline baseline);
  void send(const issuance::Winner& winner);

  AuditOptions options_;  // with what is our own
  std::string cluster_;
  Area area_;
  kafka::Admin admin_;
  issuance::Handover handover_;
  redis::Client redis_;
  std::optional<mysql::Connection> database_;
  bool has_tables_ = false;  // as they are to be
  int campaigns_ = 0;
  std::int64_t campaign_id_ = 0;
  std::int32_t partition_of_message_ = 0;
};

}  // namespace couponctl::audit
