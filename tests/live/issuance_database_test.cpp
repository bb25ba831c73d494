// When does a database that has failed count as there again?
#include <gtest/gtest.h>

#include "issuance/database.h"
#include "ledger/schema.h"
#include "live/database.h"
#include "support/child.h"

namespace couponctl::issuance {
namespace {

using core::Result;
using test::eventually;
using Work = Database::Work;

Result<int> works(ledger::Ledger&) { return 1; }
Result<int> is_full(ledger::Ledger&) {
  return core::Error{core::Fault::refused, {core::Domain::mysql_server, 1114}, "table full"};
}

class IssuanceDatabase : public testing::Test {
 protected:
  void SetUp() override { ledger::migrate(area_.address(), false); }

  const live::Database area_;
  const Log log_ = std::make_shared<spdlog::logger>("quiet");  // it has no sink
};

// Or every look at it would begin the trouble anew, and say so.
TEST_F(IssuanceDatabase, ThatCannotBeWrittenIsNotThereBecauseItCanBeRead) {
  Database database(area_.address(), "cluster", "topic", log_);
  EXPECT_FALSE(database.attempt(Work::writes, is_full));
  EXPECT_TRUE(database.backs_off());
  ASSERT_TRUE(eventually([&] { return database.attempt(Work::reads, works).has_value(); }));
  EXPECT_TRUE(database.backs_off());
  ASSERT_TRUE(eventually([&] { return database.attempt(Work::writes, works).has_value(); }));
  EXPECT_FALSE(database.backs_off());
}

TEST_F(IssuanceDatabase, ThatCouldNotBeReadIsThereOnceItCan) {
  Database database(area_.address(), "cluster", "topic", log_);
  EXPECT_FALSE(database.attempt(Work::reads, is_full));
  ASSERT_TRUE(eventually([&] { return database.attempt(Work::reads, works).has_value(); }));
  EXPECT_FALSE(database.backs_off());
}

}  // namespace
}  // namespace couponctl::issuance
