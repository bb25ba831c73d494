// A place of the audit's own, where anomalies can be planted: a database, a topic and campaigns
// that nobody else uses, on servers that others may use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/audit.h"
#include "issuance/handover.h"
#include "kafka/admin.h"

namespace couponctl::audit {

// A campaign as a sound system leaves it: everything written; or also with one user in the outbox
// and one on the topic; or with a failed event that may still become a coupon.
enum class Ground { at_rest, under_way, incomplete };

class Scratch {
 public:
  // Throws core::Failure. Only the servers of the options count.
  explicit Scratch(const AuditOptions& servers);
  ~Scratch() { forget_campaign(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // Another campaign, of quota 10, and nothing else. Users 1 to 4 hold coupons, 5 has a failed
  // event, 6 is on the topic, 7 in the outbox; 1001 has a coupon of a foreign producer.
  void lay(Ground ground);

  // What audits the campaign that was laid last.
  AuditOptions audit_options() const;

  // In both, {id}, {name}, {cluster}, {topic}, {meta}, {users}, {outbox}, {quarantine} stand for
  // what they are here; {part} is the partition that user 6 is on and {other} one without news.
  // Redis's words are separated by spaces.
  void sql(const std::string& statement);
  void redis(const std::string& command);
  // Commits offsets of the group so many messages beyond the progress.
  void move_group_ahead(std::int64_t messages);

 private:
  class Database {
   public:
    Database(mysql::Address server, const std::string& name);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    void make();
    const mysql::Address& address() const { return address_; }

   private:
    mysql::Address server_;
    mysql::Address address_;
  };

  class Topic {
   public:
    Topic(const kafka::Cluster& cluster, std::string name);
    ~Topic() { static_cast<void>(admin_.delete_topic(name_)); }
    Topic(const Topic&) = delete;
    Topic& operator=(const Topic&) = delete;
    kafka::Admin& admin() { return admin_; }

   private:
    std::string name_;
    kafka::Admin admin_;
  };

  std::string fill(std::string text) const;
  std::map<std::int32_t, std::int64_t> ends();
  void empty_tables();
  void admit_users(Ground ground);
  void write_rows(Ground ground);
  void send(const issuance::Winner& winner);
  void forget_campaign();

  AuditOptions options_;  // with what is our own
  std::string cluster_;
  std::string name_;  // of database and topic, and the beginning of the campaigns'
  Database database_area_;
  Topic topic_area_;
  issuance::Handover handover_;
  redis::Client redis_;
  std::optional<mysql::Connection> database_;
  bool is_altered_ = true;  // the tables are to be made anew
  int campaigns_ = 0;
  std::int64_t campaign_id_ = 0;
  std::int32_t partition_of_message_ = 0;
};

}  // namespace couponctl::audit
