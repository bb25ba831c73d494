// What holds when several write at once, when somebody types rows in, when a connection breaks.
#include <algorithm>
#include <numeric>
#include <random>
#include <set>
#include <thread>

#include "ledger/ledger.h"
#include "live/ledger_fixture.h"
#include "mysql/errors.h"

namespace couponctl::ledger {
namespace {

class LedgerRace : public live::LedgerTest {
 protected:
  // A writer of one partition of its own.
  Ledger writer_of(int partition) const {
    Ledger writer(session(), "cluster", "coupon_create");
    EXPECT_TRUE(writer.begin_partition(partition, 0));
    return writer;
  }

  std::set<std::int64_t> users_of(const std::string& table) const {
    std::set<std::int64_t> users;
    for (const auto& row : database_.rows("SELECT user_id FROM " + table))
      users.insert(std::stoll(row.front().value()));
    return users;
  }
};

// All users in an order of its own, in batches of random size, each batch twice in a row.
void write_all(Ledger& ledger, int partition, std::vector<std::int64_t> users, unsigned seed,
               const auto& batch) {
  std::mt19937 random(seed);
  std::ranges::shuffle(users, random);
  std::int64_t offset = 0;
  for (std::size_t begin = 0; begin < users.size();) {
    const auto size = std::min<std::size_t>(1 + random() % 120, users.size() - begin);
    const std::vector<std::int64_t> some(users.begin() + static_cast<std::ptrdiff_t>(begin),
                                         users.begin() + static_cast<std::ptrdiff_t>(begin + size));
    for (int delivery = 0; delivery < 2; ++delivery) {
      const auto written = ledger.write(batch(offset, some, partition));
      ASSERT_TRUE(written) << written.error().text;
      ASSERT_TRUE(written->conflicts.empty());
      offset += static_cast<std::int64_t>(size);
    }
    begin += size;
  }
}

TEST_F(LedgerRace, FourWritersOfTheSameUsersIssueExactlyTheQuota) {
  constexpr std::int64_t size = 1000;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  campaign("default", size);
  {
    std::vector<std::jthread> writers;
    writers.reserve(4);
    for (int partition = 0; partition < 4; ++partition)
      writers.emplace_back([&, partition] {
        auto ledger = writer_of(partition);
        // Each lacks some users, so that they overlap and together have them all.
        auto mine = users(1, size * 12 / 10);
        std::erase_if(mine, [&](auto user) { return user % 10 / 3 == partition; });
        write_all(ledger, partition, mine, seed + static_cast<unsigned>(partition),
                  [](auto... arguments) { return batch(arguments...); });
      });
  }
  EXPECT_EQ(coupons(), size);
  EXPECT_EQ(database_.integer("SELECT COUNT(DISTINCT slot) FROM coupon"), size);
  const auto issued = users_of("coupon");
  const auto failed = users_of("failed_event WHERE class = 'OVER_QUOTA'");
  EXPECT_EQ(issued.size(), 1000U);
  EXPECT_EQ(failed.size(), 200U);
  for (const auto user : failed) EXPECT_FALSE(issued.contains(user)) << user;
}

TEST_F(LedgerRace, TwoOwnersOfAPartitionWriteEachOffsetOnce) {
  campaign("default", 5000);
  std::atomic<std::int64_t> issued = 0;
  {
    std::vector<std::jthread> owners;
    owners.reserve(2);
    for (int owner = 0; owner < 2; ++owner)
      owners.emplace_back([&] {
        auto ledger = writer_of(0);
        for (std::int64_t offset = 0; offset < 2000;) {
          const auto written = ledger.write(batch(offset, users(offset, offset + 49)));
          ASSERT_TRUE(written) << written.error().text;
          issued += written->issued;
          EXPECT_EQ(written->duplicate, 0);
          offset = written->conflicts.empty() ? offset + 50 : written->conflicts.at(0);
        }
      });
  }
  EXPECT_EQ(issued, 2000);
  EXPECT_EQ(coupons(), 2000);
}

TEST_F(LedgerRace, ARowTypedInMeanwhileDoesNotStopTheWriter) {
  const auto id = campaign().id;
  auto hand = database_.connect();
  ASSERT_TRUE(hand.execute("START TRANSACTION"));
  ASSERT_TRUE(hand.execute(fmt::format(
      "INSERT INTO coupon (campaign_id, epoch, cap, slot, user_id) VALUES ({}, 1, 10, 2, 500)",
      id)));
  std::optional<core::Result<Written>> written;
  {
    const std::jthread writing([&] { written = writer().write(batch(0, users(1, 4))); });
    EXPECT_TRUE(somebody_waits()) << "the writer wants the slot that is being typed in";
    EXPECT_TRUE(hand.execute("COMMIT"));
  }
  ASSERT_TRUE(*written) << written->error().text;
  EXPECT_EQ((*written)->issued, 4);
  EXPECT_EQ(coupons(), 5);
}

TEST_F(LedgerRace, AWriterThatWaitedForAnEpochWritesIntoTheNewOne) {
  const auto id = campaign().id;
  auto hand = database_.connect();
  ASSERT_TRUE(hand.execute("START TRANSACTION"));
  ASSERT_TRUE(hand.query(fmt::format("SELECT * FROM campaign WHERE id = {} FOR UPDATE", id)));
  std::optional<core::Result<Written>> written;
  {
    auto foreign = message(0, 1);
    foreign.epoch = std::nullopt;
    const std::jthread writing([&] { written = writer().write(batch({foreign})); });
    EXPECT_TRUE(somebody_waits());
    EXPECT_TRUE(
        hand.execute(fmt::format("INSERT INTO campaign (id, epoch, name, state, quota) VALUES "
                                 "({}, 2, 'default', 'closed', 10)",
                                 id)));
    EXPECT_TRUE(hand.execute("COMMIT"));
  }
  ASSERT_TRUE(*written) << written->error().text;
  EXPECT_EQ(database_.integer("SELECT epoch FROM coupon WHERE user_id = 1"), 2);
}

TEST_F(LedgerRace, ALockWaitThatRunsOutLeavesNothing) {
  const auto id = campaign().id;
  auto hand = database_.connect();
  ASSERT_TRUE(hand.execute("START TRANSACTION"));
  ASSERT_TRUE(hand.query(fmt::format("SELECT * FROM campaign WHERE id = {} FOR UPDATE", id)));
  auto ledger = writer();
  const auto written = ledger.write(batch(0, {1}));
  ASSERT_FALSE(written);
  EXPECT_EQ(mysql::classify(written.error()), mysql::ErrorClass::lock);
  EXPECT_EQ(ledger.progress()->at(0), 0);
  ASSERT_TRUE(hand.execute("ROLLBACK"));
  EXPECT_EQ(ledger.write(batch(0, {1}))->issued, 1);
}

TEST_F(LedgerRace, AKilledConnectionLeavesNothing) {
  const auto id = campaign().id;
  auto hand = database_.connect();
  ASSERT_TRUE(hand.execute("START TRANSACTION"));
  ASSERT_TRUE(hand.query(fmt::format("SELECT * FROM campaign WHERE id = {} FOR UPDATE", id)));
  auto connection = session();
  const auto thread = *connection.query_integer("SELECT CONNECTION_ID()");
  ASSERT_TRUE(writer().progress());
  Ledger ledger(std::move(connection), "cluster", "coupon_create");
  std::optional<core::Result<Written>> written;
  {
    const std::jthread writing([&] { written = ledger.write(batch(0, {1})); });
    EXPECT_TRUE(somebody_waits());
    EXPECT_EQ(database_.by_hand(fmt::format("KILL {}", thread)), 0);
  }
  ASSERT_FALSE(*written);
  EXPECT_EQ(mysql::classify(written->error()), mysql::ErrorClass::connection);
  ASSERT_TRUE(hand.execute("ROLLBACK"));
  EXPECT_EQ(coupons(), 0);
  EXPECT_EQ(writer().progress()->at(0), 0);
}

}  // namespace
}  // namespace couponctl::ledger
