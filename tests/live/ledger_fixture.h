// A migrated database with one campaign, and messages to write into it.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "ledger/schema.h"
#include "live/database.h"
#include "support/child.h"

namespace couponctl::live {

class LedgerTest : public testing::Test {
 protected:
  static constexpr std::int64_t quota = 10;

  LedgerTest() { ledger::migrate(database_.address(), false); }

  ledger::Campaign campaign(const std::string& name = "default", std::int64_t size = quota) {
    auto connection = session();
    return *ledger::create_campaign(connection,
                                    {.name = name, .state = ledger::State::open, .quota = size});
  }

  // The one after it, fresh, with the same quota and window.
  static core::Result<ledger::Campaign> begin_next(mysql::Connection& connection,
                                                   const ledger::Campaign& campaign) {
    auto next = campaign;
    ++next.epoch;
    next.state = ledger::State::fresh;
    return ledger::begin_epoch(connection, campaign, next);
  }

  mysql::Connection session() const { return *ledger::connect(database_.address()); }

  // A writer of the partitions 0 and 1, at offset 0 when it is the first.
  ledger::Ledger writer() const {
    ledger::Ledger writer(session(), "cluster", "coupon_create");
    for (const int partition : {0, 1}) EXPECT_TRUE(writer.begin_partition(partition, 0));
    return writer;
  }

  static ledger::Message message(std::int64_t offset, std::int64_t user, int partition = 0) {
    return {.partition = partition,
            .offset = offset,
            .campaign = "default",
            .epoch = 1,
            .user = core::UserId{user},
            .seq = user};
  }

  // One message for each user, at the offsets from `begin` on.
  static ledger::Batch batch(std::int64_t begin, const std::vector<std::int64_t>& users,
                             int partition = 0) {
    ledger::Batch batch;
    for (const auto user : users)
      batch.messages.push_back(
          message(begin + static_cast<std::int64_t>(batch.messages.size()), user, partition));
    batch.ranges = {{partition, begin, begin + static_cast<std::int64_t>(users.size())}};
    return batch;
  }

  static ledger::Batch batch(std::vector<ledger::Message> messages) {
    const auto begin = messages.front().offset;
    const auto end = begin + static_cast<std::int64_t>(messages.size());
    return {{{messages.front().partition, begin, end}}, std::move(messages)};
  }

  static std::vector<std::int64_t> users(std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> list;
    for (auto user = first; user <= last; ++user) list.push_back(user);
    return list;
  }

  std::int64_t coupons() const { return database_.integer("SELECT COUNT(*) FROM coupon"); }

  // Whether a transaction comes to wait for a lock. (innodb_trx would not do: it is a cache that
  // is renewed only when nobody has looked for a while.)
  bool somebody_waits() const {
    return test::eventually([&] {
      return database_.rows("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'")[0][1] != "0";
    });
  }

  const Database database_;
};

}  // namespace couponctl::live
