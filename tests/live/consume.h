// A product and what the tests of `consume` do to it: start daemons, send messages, count rows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/producer.h"
#include "live/product.h"

namespace couponctl::live {

class Consume : public Product {
 protected:
  explicit Consume(int partitions = 3, const servers::Servers& servers = live::servers())
      : Product(partitions, servers) {}

  void SetUp() override { ASSERT_NO_FATAL_FAILURE(migrate()); }

  // A command line of `consume` in a group of this test's own.
  std::vector<std::string> words(std::vector<std::string> more = {}) const;
  // `consume --until-drained`, until it ends.
  test::Finished drain(std::vector<std::string> more = {});

  // Users first..last apply for summer's coupons, and Kafka has those who win.
  void apply(int first, int last) const;

  // These put messages on the topic and wait until Kafka has them: of the winners
  // first..first+count-1, of no meaning, and one of any kind.
  void send(const std::string& campaign, int first, int count);
  void send_poison(int count);
  void send_raw(std::optional<std::string_view> key, std::string_view value,
                const std::vector<kafka::Header>& headers);
  // As a Spring producer with a transaction does it; without `commit` it is rolled back.
  void send_in_transaction(const std::vector<int>& users, bool commit);
  // Deletes what partition 0 holds before that offset, as retention does.
  void delete_records_before(std::int64_t offset);

  // One number of the database, on a connection of its own: the server may have been restarted
  // since the last one. -1 if it does not answer.
  std::int64_t count(const std::string& statement) const;
  std::int64_t coupons() const { return count("SELECT COUNT(*) FROM coupon"); }
  std::int64_t users() const { return count("SELECT COUNT(DISTINCT user_id) FROM coupon"); }
  std::int64_t failed(const std::string& failure) const {
    return count("SELECT COUNT(*) FROM failed_event WHERE class = '" + failure + "'");
  }
  std::int64_t progress() const { return count("SELECT SUM(next_off) FROM kafka_progress"); }
};

}  // namespace couponctl::live
