// A product to administer: a database, a Redis database and a topic that belong to one test alone.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "issuance/admission.h"
#include "ledger/ledger.h"
#include "live/servers.h"
#include "support/child.h"

namespace couponctl::live {

class Product : public testing::Test {
 public:
  // Its topic has so many partitions.
  explicit Product(int partitions = 1, const servers::Servers& servers = live::servers());
  ~Product() override;

  // `couponctl <words>` on this product.
  test::Finished run(std::vector<std::string> words) const;
  // Of a command that must succeed: what it printed with --output json.
  nlohmann::json json(std::vector<std::string> words) const;
  std::vector<std::string> command_line(std::vector<std::string> words) const;

  void migrate();
  // Opens a campaign and asserts that it worked.
  void open(const std::string& campaign, int quota) const;
  // Admits users first..first+count-1 in Redis; returns how many got in.
  int admit(const std::string& campaign, int first, int count) const;
  // Takes every entry off the outbox, as a relay does after the acks.
  void hand_over(const std::string& campaign) const;
  // Writes users first..first+count-1 as if read from the topic, and the progress with them.
  ledger::Written write(const std::string& campaign, int first, int count);
  // Puts so many messages of user 1 on the topic, as a Spring producer does.
  void produce(int count);

  // After a restart of the servers.
  void reconnect();
  const servers::Servers& servers() const { return servers_; }
  redis::Client& redis() { return redis_; }
  mysql::Connection& database() { return database_; }
  std::string field(const std::string& campaign, const std::string& name);  // of the meta
  std::int64_t number(const std::string& statement);                        // of the database

  const std::string topic;

 private:
  servers::Servers servers_;
  redis::Client redis_;
  mysql::Connection database_;
  std::int64_t next_offset_ = 0;
};

}  // namespace couponctl::live
