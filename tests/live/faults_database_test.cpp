// What becomes of a batch when the database is cut off, locked, full, read-only or replaced?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "faults/proxy.h"
#include "live/faults.h"
#include "mysql/errors.h"

namespace couponctl {
namespace {

using namespace std::chrono_literals;
using faults::Proxy;
using stack::Server;
using test::Child;
using test::eventually;

class DatabaseFaults : public live::Faults {
 protected:
  DatabaseFaults() : Faults(1, live::servers_of(live::harmed_servers())) {}

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(migrate());
    ASSERT_NO_FATAL_FAILURE(open("summer", 250));
  }

  static stack::Stack& stack() { return live::harmed_servers(); }

  bool reaches(std::int64_t rows, const Child& child) const {
    return eventually([&] { return coupons() == rows; }, 60s) ||
           (ADD_FAILURE() << child.err(), false);
  }
  static bool says(const Child& child, const std::string& what) {
    return eventually([&] { return child.err().find(what) != std::string::npos; }, 60s);
  }
  // Somebody else's session.
  mysql::Connection connect() const {
    auto address = servers().mysql;
    address.database = topic;
    return *mysql::Connection::connect(address);
  }
  static void stops(Child& child) {
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << child.err();
  }
  void expect_exactly_the_quota(std::int64_t sent) const {
    EXPECT_EQ(progress(), sent);
    EXPECT_EQ(coupons(), 250);
    EXPECT_EQ(users(), 250);
    EXPECT_EQ(failed("OVER_QUOTA"), sent - 250);
    EXPECT_EQ(failed_events(), sent - 250);
  }
};

class CommitIsCut : public DatabaseFaults, public testing::WithParamInterface<Proxy::Cut> {};

TEST_P(CommitIsCut, TheBatchIsWrittenOnce) {
  Proxy proxy({"127.0.0.1", servers().mysql.port});
  send("summer", 1, 400);
  proxy.cut_commit(GetParam(), 3);
  const auto [code, out, err] =
      drain({"--batch", "50", "--mysql", fmt::format("root@{}/{}", proxy.address().text(), topic)});
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(proxy.commits_cut(), 3);
  expect_exactly_the_quota(400);
}

INSTANTIATE_TEST_SUITE_P(AtTheServer, CommitIsCut,
                         testing::Values(Proxy::Cut::before, Proxy::Cut::after),
                         [](const auto& cut) {
                           return cut.param == Proxy::Cut::before ? "before" : "after";
                         });

// The lock is the campaign's; the paused one has issued and has not committed.
TEST_F(DatabaseFaults, AConsumerThatIsPausedWithTheLockDoesNotHoldUpAnotherForLong) {
  send("summer", 1, 300);
  Child paused(faulty_consume("ledger.issued:2:stop", {"--batch", "50"}));
  ASSERT_TRUE(has_stopped(paused)) << paused.err();
  Child other(words({"--batch", "50"}));
  EXPECT_TRUE(eventually([&] { return progress() == 300; })) << other.err();
  paused.signal(SIGCONT);
  send("summer", 301, 100);
  EXPECT_TRUE(eventually([&] { return progress() == 400; })) << other.err();
  stops(paused);
  stops(other);
  expect_exactly_the_quota(400);
}

// It tries at its start what the tables refuse, which takes the same locks.
TEST_F(DatabaseFaults, WhoeverHoldsTheCampaignsAtTheStartIsWaitedFor) {
  auto holder = connect();
  ASSERT_TRUE(holder.execute("START TRANSACTION"));
  ASSERT_TRUE(holder.query("SELECT id FROM campaign FOR UPDATE"));
  send("summer", 1, 50);
  Child child(words());
  EXPECT_TRUE(says(child, "somebody holds locks")) << child.err();
  EXPECT_EQ(coupons(), 0);
  ASSERT_TRUE(holder.execute("ROLLBACK"));
  EXPECT_TRUE(reaches(50, child));
  stops(child);
}

TEST_F(DatabaseFaults, WhoeverHoldsTheCampaignsIsWaitedForByAdministratorsToo) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"migrate"}, {"campaign", "open", "winter"}}) {
    auto holder = connect();
    ASSERT_TRUE(holder.execute("START TRANSACTION"));
    ASSERT_TRUE(holder.query("SELECT id FROM campaign FOR UPDATE"));
    Child child([&] {
      auto line = command_line(command);
      line.insert(line.begin(), COUPONCTL_BINARY);
      return line;
    }());
    EXPECT_TRUE(says(child, "somebody holds locks")) << child.err();
    ASSERT_TRUE(holder.execute("ROLLBACK"));
    EXPECT_EQ(child.wait(), 0) << child.err();
  }
}

TEST_F(DatabaseFaults, WhoeverDoesNotLetGoOfTheCampaignsIsNamedAndItMayPass) {
  auto holder = connect();
  ASSERT_TRUE(holder.execute("START TRANSACTION"));
  ASSERT_TRUE(holder.query("SELECT id FROM campaign FOR UPDATE"));
  Child child(words());
  EXPECT_EQ(child.wait(60s), 3) << child.err();
  EXPECT_NE(child.err().find("SHOW PROCESSLIST"), std::string::npos) << child.err();
}

TEST_F(DatabaseFaults, AReadOnlyOneIsWaitedForAndNoMessageIsCalledFailed) {
  ASSERT_TRUE(database().execute("CREATE OR REPLACE USER product"));
  ASSERT_TRUE(database().execute("GRANT ALL ON " + topic + ".* TO product"));
  Child child(
      words({"--mysql", fmt::format("product@127.0.0.1:{}/{}", servers().mysql.port, topic)}));
  send("summer", 1, 50);
  ASSERT_TRUE(reaches(50, child));
  ASSERT_TRUE(database().execute("SET GLOBAL read_only = 1"));
  send("summer", 51, 50);
  EXPECT_TRUE(says(child, "database: ")) << child.err();
  EXPECT_EQ(progress(), 50);
  ASSERT_TRUE(database().execute("SET GLOBAL read_only = 0"));
  EXPECT_TRUE(reaches(100, child));
  EXPECT_EQ(failed_events(), 0);
  stops(child);
  ASSERT_TRUE(database().execute("DROP USER product"));
}

// The replica is a copy that lacks what was committed after it was made.
TEST_F(DatabaseFaults, AReplicaThatLagsGetsEverythingThatItLacks) {
  Child child(words());
  send("summer", 1, 50);
  ASSERT_TRUE(reaches(50, child));

  const auto directory = stack().addresses().mysql_socket.parent_path();
  const auto server =
      std::filesystem::read_symlink(fmt::format("/proc/{}/exe", stack().pid(Server::mysql)));
  const auto copy = directory / "replica";
  ASSERT_TRUE(stack().stop(Server::mysql));
  std::filesystem::copy(directory / "data", copy, std::filesystem::copy_options::recursive);
  ASSERT_TRUE(stack().start(Server::mysql));
  send("summer", 51, 50);
  ASSERT_TRUE(reaches(100, child));

  const auto primary_port = servers().mysql.port;
  ASSERT_TRUE(stack().kill(Server::mysql));
  {
    // On the port of the one that is gone, which is free now.
    Child replica({server, "--no-defaults", "--user=root", "--datadir=" + copy.string(),
                   "--socket=" + (directory / "replica.sock").string(),
                   fmt::format("--port={}", primary_port), "--bind-address=127.0.0.1",
                   "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=1"});
    // Nothing new comes, and still the consumer notices and writes the lost ones again.
    ASSERT_TRUE(eventually([&] { return coupons() >= 50; }, 30s)) << replica.err();
    EXPECT_TRUE(reaches(100, child));
    send("summer", 101, 10);
    EXPECT_TRUE(reaches(110, child));
    EXPECT_EQ(users(), 110);
    EXPECT_EQ(failed_events(), 0);
    stops(child);
    replica.signal(SIGTERM);
    EXPECT_EQ(replica.wait(), 0);
  }
  ASSERT_TRUE(stack().start(Server::mysql));
  std::filesystem::remove_all(copy);
  reconnect();
}

TEST_F(DatabaseFaults, AQuotaThatChangesUnderLoadNeverLetsInMoreThanTheLedgerTakes) {
  Child child(words({"--batch", "10"}));
  int admitted_now = 0;
  for (const auto* quota : {"260", "20", "40", "30", "80", "10", "90", "60"}) {
    const auto changed = run({"campaign", "set-quota", quota, "--campaign", "summer"});
    EXPECT_TRUE(changed.code == 0 || changed.code == 1) << changed.err;  // 1: below issued
    admitted_now += admit("summer", 1 + admitted_now, 15);
    EXPECT_LE(admitted(), std::stoll(field("summer", "quota")));
    EXPECT_LE(std::stoll(field("summer", "quota")), count("SELECT quota FROM campaign"));
  }
  EXPECT_EQ(admitted(), admitted_now);
  EXPECT_GT(admitted_now, 40);
  EXPECT_TRUE(reaches(admitted_now, child));
  EXPECT_EQ(failed_events(), 0) << "everybody who was admitted had room";
  stops(child);
}

// Its tables stand in one file that cannot grow.
class DatabaseIsFull : public DatabaseFaults {
 protected:
  void SetUp() override {
    ASSERT_TRUE(database().execute("SET GLOBAL innodb_file_per_table = 0"));
    DatabaseFaults::SetUp();
  }
  void TearDown() override {
    ASSERT_TRUE(database().execute("SET GLOBAL innodb_file_per_table = 1"));
  }
};

TEST_F(DatabaseIsFull, ItIsWaitedForWithAnAlarmAndNoMessageIsCalledFailed) {
  Child child(words());
  send("summer", 1, 50);
  ASSERT_TRUE(reaches(50, child));
  {
    constexpr std::uint64_t file_bytes_max = 40 << 20;
    const live::FullDisk full(stack().pid(Server::mysql), file_bytes_max);
    ASSERT_TRUE(database().execute("CREATE TABLE ballast (bytes VARCHAR(1000))"));
    core::Result<std::int64_t> filled = 0;
    for (const auto* rows : {"100000", "100", "1", "1"}) do
        filled = database().execute(
            fmt::format("INSERT INTO ballast SELECT REPEAT('x', 1000) FROM seq_1_to_{}", rows));
      while (filled);
    EXPECT_TRUE(mysql::is(filled.error(), 1114)) << filled.error().text;
    send_poison(2000);
    EXPECT_TRUE(says(child, "full")) << child.err();
    EXPECT_EQ(failed("POISON") + 50, progress());
    EXPECT_LT(progress(), 2050);
  }
  EXPECT_TRUE(eventually([&] { return progress() == 2050; }, 60s)) << child.err();
  EXPECT_EQ(failed("POISON"), 2000);
  EXPECT_EQ(failed_events(), 2000);
  EXPECT_EQ(coupons(), 50);
  stops(child);
}

}  // namespace
}  // namespace couponctl
