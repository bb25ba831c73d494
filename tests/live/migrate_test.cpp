// What migrating makes, what it refuses, and what it leaves alone.
#include <gtest/gtest.h>

#include <thread>

#include "core/failure.h"
#include "ledger/schema.h"
#include "live/database.h"
#include "mysql/errors.h"

namespace couponctl::ledger {
namespace {

using core::Exit;
using core::Failure;

class Migrate : public testing::Test {
 protected:
  Migrated migrate(bool allow_unsafe = false) const {
    return ledger::migrate(database_.address(), allow_unsafe);
  }

  // The text of the usage error that `action` throws.
  static std::string refusal(const auto& action) {
    try {
      action();
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.exit(), Exit::usage) << failure.what();
      return failure.what();
    }
    ADD_FAILURE() << "nothing was refused";
    return "";
  }
  std::string refusal_to_migrate() const {
    return refusal([&] { migrate(); });
  }
  std::string refusal_of_schema() const {
    return refusal([&] {
      auto connection = database_.connect();
      require_schema(connection);
    });
  }

  const live::Database database_;
};

TEST_F(Migrate, AppliesOnceAndProvesTheCapEachTime) {
  const auto first = migrate();
  EXPECT_EQ(first.applied, std::vector<std::string>{"001_tables"});
  EXPECT_TRUE(first.enforces_cap);
  const auto second = migrate();
  EXPECT_TRUE(second.applied.empty());
  EXPECT_TRUE(second.enforces_cap);
  EXPECT_EQ(database_.integer("SELECT COUNT(*) FROM campaign"), 0) << "the proof left something";
  auto connection = database_.connect();
  EXPECT_NO_THROW(require_schema(connection));
}

TEST_F(Migrate, TwoAtOnceAreSafe) {
  std::atomic<std::size_t> applied = 0;
  {
    std::vector<std::jthread> both;
    both.reserve(2);
    for (int i = 0; i < 2; ++i) both.emplace_back([&] { applied += migrate().applied.size(); });
  }
  EXPECT_EQ(applied, migrations().size());
}

TEST_F(Migrate, RefusesAForeignCouponTableAndLeavesItUntouched) {
  ASSERT_EQ(database_.by_hand("CREATE TABLE coupon (id BIGINT AUTO_INCREMENT PRIMARY KEY, "
                              "user_id BIGINT NOT NULL)"),
            0);
  ASSERT_EQ(database_.by_hand("INSERT INTO coupon (user_id) VALUES (7)"), 0);
  const auto before = database_.rows("SHOW CREATE TABLE coupon");
  EXPECT_NE(refusal_to_migrate().find("table coupon"), std::string::npos);
  EXPECT_NE(refusal_of_schema().find("table coupon"), std::string::npos);
  EXPECT_EQ(database_.rows("SHOW CREATE TABLE coupon"), before);
  EXPECT_EQ(database_.integer("SELECT COUNT(*) FROM coupon"), 1);
  EXPECT_EQ(database_.rows("SHOW TABLES").size(), 1U);
}

TEST_F(Migrate, FinishesARunThatWasCutShort) {
  migrate();
  ASSERT_EQ(database_.by_hand("DELETE FROM schema_migration"), 0);
  ASSERT_EQ(database_.by_hand("DROP TABLE failed_event, kafka_progress"), 0);
  EXPECT_NE(refusal_of_schema().find("001_tables"), std::string::npos);
  EXPECT_EQ(migrate().applied.size(), 1U);
  auto connection = database_.connect();
  EXPECT_NO_THROW(require_schema(connection));
}

TEST_F(Migrate, AnEmptyDatabaseIsNoSchema) {
  EXPECT_NE(refusal_of_schema().find("no tables"), std::string::npos);
}

TEST_F(Migrate, RefusesAServerThatLosesCommits) {
  const live::GlobalSetting setting("innodb_flush_log_at_trx_commit", "2");
  EXPECT_NE(refusal_to_migrate().find("innodb_flush_log_at_trx_commit"), std::string::npos);
  EXPECT_TRUE(database_.rows("SHOW TABLES").empty());
  EXPECT_TRUE(migrate(true).enforces_cap) << "allowed when asked for";
}

TEST_F(Migrate, RefusesAServerThatCutsValuesToFit) {
  const live::GlobalSetting setting("sql_mode", "");
  EXPECT_NE(refusal_to_migrate().find("sql_mode"), std::string::npos);
}

TEST_F(Migrate, RefusesAServerThatChecksNothingOfOthers) {
  for (const auto* name : {"foreign_key_checks", "unique_checks", "check_constraint_checks"}) {
    const live::GlobalSetting setting(name, "0");
    EXPECT_NE(refusal_to_migrate().find(name), std::string::npos);
    EXPECT_TRUE(database_.rows("SHOW TABLES").empty());
  }
}

// Root may write there all the same, and the next change of the primary stops the replication.
TEST_F(Migrate, WritesNothingToAReadOnlyServer) {
  const live::GlobalSetting setting("read_only", "1");
  const auto exit_of = [](const auto& action) {
    try {
      action();
    } catch (const Failure& failure) {
      EXPECT_NE(std::string(failure.what()).find("read-only"), std::string::npos);
      return failure.exit();
    }
    return Exit::ok;
  };
  EXPECT_EQ(exit_of([&] { migrate(); }), Exit::unreachable);
  EXPECT_EQ(exit_of([&] { migrate(true); }), Exit::unreachable);
  EXPECT_TRUE(database_.rows("SHOW TABLES").empty());
  const auto connection = connect_to_write(database_.address());
  ASSERT_FALSE(connection);
  EXPECT_EQ(mysql::classify(connection.error()), mysql::ErrorClass::connection);
}

TEST_F(Migrate, NamesATableOfTheWrongEngine) {
  migrate();
  ASSERT_EQ(database_.by_hand("ALTER TABLE kafka_progress ENGINE = MyISAM"), 0);
  EXPECT_NE(refusal_of_schema().find("kafka_progress has engine MyISAM"), std::string::npos);
}

TEST_F(Migrate, NamesTheColumnAndTheKeyThatAreMissing) {
  migrate();
  ASSERT_EQ(database_.by_hand("ALTER TABLE kafka_progress DROP PRIMARY KEY"), 0);
  EXPECT_NE(refusal_of_schema().find("kafka_progress has no unique key over (cluster topic part)"),
            std::string::npos);
  ASSERT_EQ(database_.by_hand("ALTER TABLE failed_event DROP COLUMN sha256"), 0);
  EXPECT_NE(refusal_of_schema().find("failed_event has no column sha256"), std::string::npos);
}

TEST_F(Migrate, ProvesThatTheCapIsEnforced) {
  migrate();
  ASSERT_EQ(database_.by_hand("ALTER TABLE coupon DROP CONSTRAINT coupon_slot"), 0);
  EXPECT_NE(refusal_to_migrate().find("above the quota"), std::string::npos);
  EXPECT_FALSE(migrate(true).enforces_cap);
}

TEST_F(Migrate, ProvesThatACapIsAQuota) {
  migrate();
  ASSERT_EQ(database_.by_hand("ALTER TABLE coupon DROP FOREIGN KEY coupon_campaign"), 0);
  EXPECT_NE(refusal_to_migrate().find("a cap that is not the quota"), std::string::npos);
}

TEST_F(Migrate, AServerThatCannotBeReachedIsNoUsageErrorAndAMissingDatabaseIs) {
  const auto exit_at = [](const mysql::Address& address) {
    try {
      ledger::migrate(address, false);
    } catch (const Failure& failure) {
      return failure.exit();
    }
    return Exit::ok;
  };
  auto nowhere = database_.address();
  nowhere.port = 1;
  EXPECT_EQ(exit_at(nowhere), Exit::unreachable);
  auto missing = database_.address();
  missing.database += "_missing";
  EXPECT_EQ(exit_at(missing), Exit::usage);
}

TEST_F(Migrate, TheSessionIsStrictWhateverTheServersDefaults) {
  const live::GlobalSetting mode("sql_mode", "");
  const live::GlobalSetting keys("foreign_key_checks", "0");
  const live::GlobalSetting checks("check_constraint_checks", "0");
  auto connection = connect(database_.address());
  ASSERT_TRUE(connection) << connection.error().text;
  const auto row = connection->query(
      "SELECT @@sql_mode, @@foreign_key_checks, @@check_constraint_checks, @@tx_isolation, "
      "@@innodb_lock_wait_timeout, @@idle_transaction_timeout, @@time_zone, @@autocommit");
  ASSERT_TRUE(row) << row.error().text;
  EXPECT_EQ(row->at(0), (mysql::Row{"STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION", "1", "1",
                                    "READ-COMMITTED", "5", "10", "+00:00", "1"}));
}

}  // namespace
}  // namespace couponctl::ledger
