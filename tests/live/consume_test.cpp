// Does `consume` keep its promise on real servers: exactly the quota, nothing lost, never down?
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <list>

#include "core/java_long.h"
#include "ledger/schema.h"
#include "live/consume.h"
#include "redis/scan.h"

namespace couponctl {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;
using test::Child;
using test::eventually;

using live::Consume;

std::string java_long(std::int64_t value) {
  const auto bytes = core::encode_long(value);
  return {bytes.begin(), bytes.end()};
}

class ConsumeOnePartition : public Consume {
 protected:
  ConsumeOnePartition() : Consume(1) {}
};

TEST_F(Consume, IssuesExactlyTheQuota) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 100));
  send("summer", 1, 250);
  send("summer", 1, 20);
  const auto [code, out, err] = drain({"--output", "json"});
  ASSERT_EQ(code, 0) << err;
  EXPECT_EQ(coupons(), 100);
  EXPECT_EQ(progress(), 270);
  const auto result = nlohmann::json::parse(out);
  EXPECT_EQ(result.at("read"), 270);
  EXPECT_EQ(result.at("issued"), 100);
  EXPECT_EQ(result.at("drained"), true);
  EXPECT_EQ(failed("OVER_QUOTA"), 270 - 100 - result.at("duplicate").get<int>());
}

TEST_F(ConsumeOnePartition, SaysFromWhereItReadsAndThatItWaits) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 10));
  send("summer", 1, 7);
  ASSERT_EQ(drain().code, 0);
  Child child(words());
  const auto says = [&](const std::string& what) {
    return eventually([&] { return child.err().find(what) != std::string::npos; });
  };
  EXPECT_TRUE(says("info reading " + topic + " in group " + topic + ": partition 0 from offset 7"))
      << child.err();
  EXPECT_TRUE(says("info 0 read; waiting for messages")) << child.err();
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0);
}

TEST_F(Consume, SaysWhatADuplicateIs) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 10));
  send("summer", 1, 2);
  EXPECT_EQ(drain().err.find("duplicate"), std::string::npos);
  send("summer", 1, 1);
  const auto err = drain().err;
  EXPECT_NE(err.find("Nobody got a second coupon"), std::string::npos) << err;
}

TEST_F(Consume, AnEmptyTopicIsDrained) {
  const auto [code, out, err] = drain({"--output", "csv"});
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(out, "result,messages\nread,0\nissued,0\nduplicate,0\n");
}

TEST_F(ConsumeOnePartition, KeepsEachBadMessageWithItsClassAndOffsetAndIssuesTheGoodOnes) {
  ASSERT_NO_FATAL_FAILURE(open("default", 10));
  const std::vector<kafka::Header> good{
      {"campaign", "default"}, {"epoch", "1"}, {"seq", "5"}, {"admitted_at", "1700000000000"}};
  const auto with = [&](std::size_t place, std::string_view value) {
    auto headers = good;
    headers[place].value = value;
    return headers;
  };
  auto twice = good;
  twice.push_back(good[1]);
  const std::string large(950'000, 'x');
  const auto user = java_long(7);
  const std::string too_long(33, 'c');
  struct Input {
    std::string_view key;
    std::string_view value;
    std::vector<kafka::Header> headers;
    std::string failure;  // "": issued
  };
  const auto negative = java_long(-1);
  const auto seq_0_user = java_long(8);
  const auto spring_user = java_long(9);
  const std::vector<Input> inputs{
      {"7", {}, good, "POISON"},
      {"7", "", good, "POISON"},
      {"7", "1234567", good, "POISON"},
      {"7", "123456789", good, "POISON"},
      {"42", "42", good, "POISON"},
      {"-1", negative, good, "POISON"},
      {"7", "{\"userId\":1}", good, "POISON"},
      {"7", large, good, "POISON"},
      {"7", user, with(0, "caf\xe9"), "POISON"},
      {"7", user, with(0, "a\0b"sv), "POISON"},
      {"any", spring_user, {}, ""},
      {"7", user, with(2, "five"), "POISON"},
      {"7", user, with(0, "nobody-knows"), "UNKNOWN_CAMPAIGN"},
      {"7", user, with(1, "9"), "UNKNOWN_CAMPAIGN"},
      {"8", user, good, "POISON"},
      {"8", seq_0_user, with(2, "0"), ""},
      {"7", user, with(0, "1);DELETE"), "POISON"},
      {"7", user, with(0, "../x"), "POISON"},
      {"7", user, with(0, too_long), "POISON"},
      {"7", user, twice, "POISON"},
      {"7", user, good, ""},
  };
  Child child(words());
  for (const auto& input : inputs) send_raw(input.key, input.value, input.headers);
  const auto total = static_cast<std::int64_t>(inputs.size());
  ASSERT_TRUE(eventually([&] { return progress() == total; })) << child.err();
  for (std::size_t offset = 0; offset < inputs.size(); ++offset) {
    const auto& input = inputs[offset];
    EXPECT_EQ(count(fmt::format("SELECT COUNT(*) FROM failed_event WHERE off = {} AND class = '{}'",
                                offset, input.failure)),
              input.failure.empty() ? 0 : 1)
        << offset;
  }
  EXPECT_EQ(coupons(), 3);
  EXPECT_EQ(count("SELECT COUNT(*) FROM failed_event"), 18);
  EXPECT_EQ(count("SELECT COUNT(*) FROM failed_event WHERE off = 0 AND payload IS NULL"), 1);
  EXPECT_EQ(count("SELECT length FROM failed_event WHERE off = 7"), 950'000);
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0) << child.err();
}

TEST_F(ConsumeOnePartition, ABatchOfNothingButPoisonAdvances) {
  send_poison(500);
  const auto [code, out, err] = drain({"--batch", "500"});
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(failed("POISON"), 500);
  EXPECT_EQ(progress(), 500);
}

TEST_F(Consume, ThreeAtOnceDrainToExactlyTheQuota) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 100));
  std::list<Child> children;
  for (int i = 0; i < 3; ++i) children.emplace_back(words({"--batch", "20"}));
  send("summer", 1, 1000);
  EXPECT_TRUE(eventually([&] { return progress() == 1000; }, 60s));
  EXPECT_EQ(coupons(), 100);
  EXPECT_EQ(failed("OVER_QUOTA"), 900);
  for (auto& child : children) child.signal(SIGTERM);
  for (auto& child : children) EXPECT_EQ(child.wait(), 0) << child.err();
}

TEST_F(Consume, TwoThatDrainAtOnceBothEnd) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 100));
  send("summer", 1, 300);
  Child one(words({"--until-drained", "--batch", "10"}));
  Child other(words({"--until-drained", "--batch", "10"}));
  EXPECT_EQ(one.wait(90s), 0) << one.err();
  EXPECT_EQ(other.wait(90s), 0) << other.err();
  EXPECT_EQ(coupons(), 100);
  EXPECT_EQ(progress(), 300);
}

TEST_F(Consume, WhatAKilledOneLeavesAnotherDrains) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 700));
  send("summer", 1, 1000);
  Child child(words({"--batch", "10", "--max-rate", "200"}));
  ASSERT_TRUE(eventually([&] { return coupons() >= 50; }, 60s)) << child.err();
  child.signal(SIGKILL);
  EXPECT_EQ(child.wait(), 128 + SIGKILL);
  EXPECT_LT(coupons(), 700) << "it was killed too late to prove anything";
  const auto [code, out, err] = drain();
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(coupons(), 700);
  EXPECT_EQ(users(), 700);
  EXPECT_EQ(failed("OVER_QUOTA"), 300);
}

TEST_F(Consume, StopsAtSigtermAndTheNextStartGoesOn) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 1000));
  send("summer", 1, 1000);
  Child child(words({"--max-rate", "200", "--output", "json"}));
  ASSERT_TRUE(eventually([&] { return coupons() >= 50; }, 60s)) << child.err();
  child.signal(SIGTERM);
  ASSERT_EQ(child.wait(), 0) << child.err();
  const auto first = nlohmann::json::parse(child.out());
  EXPECT_EQ(first.at("issued"), coupons());
  EXPECT_LT(first.at("issued"), 1000);
  const auto [code, out, err] = drain({"--output", "json"});
  ASSERT_EQ(code, 0) << err;
  EXPECT_EQ(nlohmann::json::parse(out).at("read").get<int>(), 1000 - first.at("read").get<int>());
  EXPECT_EQ(coupons(), 1000);
}

// Slower than ten a second its partitions are paused in between.
TEST_F(Consume, LosesNothingAtASlowPace) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 100));
  send("summer", 1, 9);
  const auto [code, out, err] = drain({"--max-rate", "6"});
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(users(), 9);
}

TEST_F(Consume, AnInterruptedDrainSaysSo) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 1000));
  send("summer", 1, 1000);
  Child child(words({"--until-drained", "--max-rate", "20"}));
  ASSERT_TRUE(eventually([&] { return coupons() >= 1; }, 60s)) << child.err();
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 128 + SIGTERM) << child.err();
}

// A transaction's end takes an offset and is no message: the last offsets hold none for us.
TEST_F(ConsumeOnePartition, DrainsWhatATransactionalProducerLeft) {
  ASSERT_NO_FATAL_FAILURE(open("default", 100));
  send_in_transaction({1, 2, 3}, true);
  send_in_transaction({4, 5}, false);
  const auto [code, out, err] = drain();
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(count("SELECT GROUP_CONCAT(user_id ORDER BY user_id SEPARATOR '') FROM coupon"), 123);
}

// Each change of members takes all partitions away and hands them out again, in mid-batch.
TEST_F(Consume, LosesNothingWhileOthersComeAndGo) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 280));
  send("summer", 1, 400);
  const std::vector<std::string> slowly{"--batch", "10", "--max-rate", "30"};
  Child steady(words(slowly));
  int comers = 0;
  while (progress() < 400 && comers < 30) {
    Child comer(words(slowly));
    const auto before = progress();
    EXPECT_TRUE(eventually([&] { return progress() >= std::min<std::int64_t>(before + 60, 400); }))
        << steady.err() << comer.err();
    comer.signal(SIGTERM);
    EXPECT_EQ(comer.wait(), 0) << comer.err();
    ++comers;
  }
  EXPECT_GT(comers, 1) << "too few came to prove anything";
  EXPECT_EQ(progress(), 400);
  EXPECT_EQ(coupons(), 280);
  EXPECT_EQ(users(), 280);
  EXPECT_EQ(failed("OVER_QUOTA"), 120);
  steady.signal(SIGTERM);
  EXPECT_EQ(steady.wait(), 0) << steady.err();
}

TEST_F(Consume, TellsSystemdThatItIsReadyAndThatItStops) {
  const auto path = testing::TempDir() + topic;
  const int line = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(line, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  std::string heard;
  const auto hears = [&](const std::string& what) {
    return eventually([&] {
      char buffer[256];
      const auto size = ::recv(line, buffer, sizeof buffer, 0);
      if (size > 0) heard.append(buffer, static_cast<std::size_t>(size)) += '\n';
      return heard.find(what) != std::string::npos;
    });
  };
  auto with_line = words();
  with_line.insert(with_line.begin(), {"env", "NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=1000000"});
  Child child(with_line);
  EXPECT_TRUE(hears("READY=1")) << heard;
  heard.clear();
  EXPECT_TRUE(hears("WATCHDOG=1")) << heard;
  child.signal(SIGTERM);
  EXPECT_TRUE(hears("STOPPING=1")) << heard;
  EXPECT_EQ(child.wait(), 0);
  ::close(line);
  std::filesystem::remove(path);
}

TEST_F(Consume, RelaysWhoWasAdmittedAndNeverProduced) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 30));
  ASSERT_NO_FATAL_FAILURE(open("winter", 5));
  EXPECT_EQ(admit("summer", 1, 40), 30);
  EXPECT_EQ(admit("winter", 1, 5), 5);
  const auto [code, out, err] = drain();
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(coupons(), 35);
  EXPECT_EQ(count("SELECT COUNT(DISTINCT seq) FROM coupon WHERE cap = 30 AND seq > 0"), 30);
  auto admission = *issuance::Admission::connect(servers().redis);
  EXPECT_EQ(*admission.outbox_length("summer"), 0);
  EXPECT_EQ(*admission.outbox_length("winter"), 0);
}

TEST_F(Consume, TheRelayQuarantinesEntriesThatCannotBeReadAndDrains) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 30));
  const issuance::CampaignKeys keys("summer");
  const std::vector<std::vector<std::string_view>> unreadable{
      {"epoch", "1", "at", "x", "7", "1"},     {"epoch", "1", "at", "1"},
      {"epoch", "1", "at", "1", "bob", "1"},   {"7", "1"},
      {"epoch", "1", "at", "1", "-7", "1"},    {"", ""},
      {"epoch", "1", "at", "1", "7", "1e400"}, {"a\xff\0b"sv, "\r\n$5\r\n"}};
  for (const auto& fields : unreadable) {
    std::vector<std::string_view> line{"XADD", keys.outbox, "*"};
    line.insert(line.end(), fields.begin(), fields.end());
    ASSERT_TRUE(redis().command(line));
    EXPECT_EQ(redis::integer(redis().command({"XLEN", keys.quarantine})).operator*(), 0);
  }
  EXPECT_EQ(admit("summer", 1, 3), 3);
  const auto [code, out, err] = drain();
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(coupons(), 3);
  const auto kept = redis().command({"XRANGE", keys.quarantine, "-", "+"});
  const auto entries = *redis::stream_entries(kept->value());
  ASSERT_EQ(entries.size(), unreadable.size()) << err;
  for (std::size_t i = 0; i < unreadable.size(); ++i) {
    const auto& fields = entries[i].fields;
    ASSERT_EQ(2 * fields.size(), unreadable[i].size() + 2);
    for (std::size_t k = 0; k < unreadable[i].size(); k += 2)
      EXPECT_EQ(fields[k / 2 + 1], redis::Pair(unreadable[i][k], unreadable[i][k + 1]));
  }
  std::size_t alarms = 0;
  for (auto at = err.find("cannot be read"); at != std::string::npos;
       at = err.find("cannot be read", at + 1))
    ++alarms;
  EXPECT_EQ(alarms, unreadable.size()) << err;
}

TEST_F(Consume, TheRelayGoesOnWhereTheQuarantineRefusesAnEntry) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 30));
  const issuance::CampaignKeys keys("summer");
  ASSERT_TRUE(redis().command({"SET", keys.quarantine, "of somebody else"}));
  ASSERT_TRUE(redis().command({"XADD", keys.outbox, "1-1", "spoiled", "yes"}));
  EXPECT_EQ(admit("summer", 1, 3), 3);
  Child child(words());
  EXPECT_TRUE(eventually([&] { return coupons() == 3; })) << child.err();
  auto admission = *issuance::Admission::connect(servers().redis);
  EXPECT_TRUE(eventually([&] { return *admission.outbox_length("summer") == 1; }));
  EXPECT_NE(child.err().find("entry 1-1 cannot be read and stays"), std::string::npos)
      << child.err();
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0) << child.err();
}

// As after a step of Redis's clock backwards: the stream's ids never go back.
TEST_F(Consume, TheRelaySendsAnEntryWhoseIdLiesInTheFuture) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 30));
  ASSERT_TRUE(redis().command({"XADD", issuance::CampaignKeys("summer").outbox, "32503680000000-0",
                               "epoch", "1", "at", "1700000000000", "7", "1"}));
  EXPECT_EQ(admit("summer", 1, 3), 3);
  const auto [code, out, err] = drain();
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(coupons(), 4);
}

TEST_F(ConsumeOnePartition, GoesOnAtTheLedgersProgressWhateverTheGroupSays) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 100));
  send("summer", 1, 10);
  ASSERT_EQ(drain().code, 0);
  // The database lost its last commits: the group's offset is ahead of it now.
  EXPECT_EQ(*database().execute("DELETE FROM coupon WHERE user_id > 4"), 6);
  EXPECT_EQ(*database().execute("UPDATE kafka_progress SET next_off = 4"), 1);
  ASSERT_EQ(drain().code, 0);
  EXPECT_EQ(coupons(), 10);
}

TEST_F(ConsumeOnePartition, ProgressThatMovesUnderARunningOneIsFollowed) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 100));
  send("summer", 1, 10);
  Child child(words());
  ASSERT_TRUE(eventually([&] { return progress() == 10; })) << child.err();
  EXPECT_EQ(*database().execute("DELETE FROM coupon WHERE user_id > 4"), 6);
  EXPECT_EQ(*database().execute("UPDATE kafka_progress SET next_off = 4"), 1);
  send("summer", 11, 1);
  EXPECT_TRUE(eventually([&] { return progress() == 11; })) << child.err();
  EXPECT_EQ(coupons(), 11);
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0) << child.err();
}

TEST_F(ConsumeOnePartition, ADataGapEndsADaemonWithOneAtSigterm) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 100));
  send("summer", 1, 10);
  delete_records_before(5);
  const auto cluster = *kafka::cluster_id(servers().kafka, 10s);
  ledger::Ledger ledger(*ledger::connect(servers().mysql), cluster, topic);
  ASSERT_TRUE(ledger.begin_partition(0, 2));
  Child child(words());
  EXPECT_TRUE(eventually([&] { return child.err().find("DATA GAP") != std::string::npos; }));
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 1) << child.err();
  EXPECT_NE(child.err().find("not all was read"), std::string::npos) << child.err();
}

TEST_F(ConsumeOnePartition, ADataGapStopsTheDrainLoudly) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 100));
  send("summer", 1, 10);
  delete_records_before(5);
  const auto cluster = *kafka::cluster_id(servers().kafka, 10s);
  ledger::Ledger ledger(*ledger::connect(servers().mysql), cluster, topic);
  ASSERT_TRUE(ledger.begin_partition(0, 2));
  const auto [code, out, err] = drain();
  EXPECT_EQ(code, 1) << err;
  EXPECT_NE(err.find("DATA GAP: the ledger goes on at offset 2 of partition 0"), std::string::npos)
      << err;
  EXPECT_EQ(coupons(), 0);
}

TEST_F(Consume, WithoutItsTopicItSaysWhichIsMissing) {
  auto line = words();
  *(std::ranges::find(line, "--topic") + 1) = "no_such_topic";
  Child child(line);
  EXPECT_EQ(child.wait(), 3);
  EXPECT_NE(child.err().find("there is no topic 'no_such_topic'"), std::string::npos)
      << child.err();
}

TEST_F(Consume, WithoutItsSchemaItNamesTheCommand) {
  ASSERT_TRUE(database().execute("DROP TABLE kafka_progress"));
  Child child(words());
  EXPECT_EQ(child.wait(), 2);
  EXPECT_NE(child.err().find("couponctl migrate"), std::string::npos) << child.err();
}

TEST_F(Consume, AnUnreachableServerAtTheStartEndsItWithTheMend) {
  for (const auto* flag : {"--redis", "--kafka", "--mysql"}) {
    Child child(words({flag, "127.0.0.1:1"}));
    EXPECT_EQ(child.wait(), 3) << child.err();
    EXPECT_NE(child.err().find("or set "s + flag), std::string::npos) << child.err();
    EXPECT_NE(child.err().find("127.0.0.1:1"), std::string::npos) << child.err();
  }
}

}  // namespace
}  // namespace couponctl
