// Is an applicant told the truth when something happens between admission, acknowledgement and
// answer?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "core/format.h"
#include "kafka/admin.h"
#include "live/product.h"

namespace couponctl::live {
namespace {

using namespace std::chrono_literals;
using test::Child;
using test::eventually;
using test::Finished;

std::vector<nlohmann::json> objects(const std::string& lines) {
  std::vector<nlohmann::json> list;
  std::istringstream text(lines);
  for (std::string line; std::getline(text, line);) list.push_back(nlohmann::json::parse(line));
  return list;
}

std::map<std::string, int> decisions(const std::string& lines) {
  std::map<std::string, int> count;
  for (const auto& object : objects(lines)) ++count[object.at("decision")];
  return count;
}

class ApplyFault : public Product {
 protected:
  explicit ApplyFault(const servers::Servers& servers = live::servers()) : Product(1, servers) {}

  ~ApplyFault() override { std::filesystem::remove(users_); }

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(migrate());
    ASSERT_NO_FATAL_FAILURE(open("sale", 20'000));
  }

  std::vector<std::string> words(std::vector<std::string> more) const {
    more.insert(more.begin(), {"apply", "--campaign", "sale", "--output", "json"});
    return command_line(more);
  }

  // The test build with what COUPONCTL_<variable> arms.
  std::vector<std::string> faulty(const std::string& variable,
                                  std::vector<std::string> more) const {
    auto line = words(std::move(more));
    line.insert(line.begin(), {"env", "COUPONCTL_" + variable, COUPONCTL_FAULTY});
    return line;
  }

  Finished apply(std::vector<std::string> more) { return test::couponctl(words(std::move(more))); }

  // Of user 1, stopped when Kafka has acknowledged and the outbox entry is still there.
  std::vector<std::string> stopped_at_the_ack() const {
    return faulty("KILLPOINT=apply.acknowledged:1:stop", {"--user", "1"});
  }

  void remove_outbox_entry() {
    auto admission = *issuance::Admission::connect(servers().redis);
    const auto entries = *admission.read_outbox("sale", "", 10);
    ASSERT_EQ(entries.size(), 1U);
    const std::string ids[] = {entries.front().id};
    ASSERT_EQ(*admission.forget("sale", ids), 1);
  }

  void command(std::initializer_list<std::string_view> line) {
    const auto reply = redis().command(line);
    ASSERT_TRUE(reply) << reply.error().text;
  }

  std::string users_file(int count) {
    std::ofstream file(users_);
    for (int user = 1; user <= count; ++user) file << user << '\n';
    return users_;
  }

  std::int64_t outbox() { return *redis::integer(redis().command({"XLEN", keys_.outbox})); }
  std::int64_t messages() { return (*kafka::Admin(servers().kafka).watermarks(topic)).at(0).high; }

  const issuance::CampaignKeys keys_{"sale"};
  const std::filesystem::path users_ = std::filesystem::path(testing::TempDir()) / topic;
};

TEST_F(ApplyFault, WhoseEntryTheRelayTookHoldsThePlace) {
  Child child(stopped_at_the_ack());
  ASSERT_TRUE(eventually([&] { return child.stopped(); })) << child.err();
  ASSERT_NO_FATAL_FAILURE(remove_outbox_entry());
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 0) << child.err();
  EXPECT_EQ(objects(child.out()).at(0).at("decision"), "QUEUED");
  EXPECT_EQ(objects(child.out()).at(0).at("seq"), 1);
  EXPECT_EQ(messages(), 1);
}

TEST_F(ApplyFault, KafkasAckStandsWhenRedisWasFlushedMeanwhile) {
  Child child(stopped_at_the_ack());
  ASSERT_TRUE(eventually([&] { return child.stopped(); })) << child.err();
  ASSERT_NO_FATAL_FAILURE(command({"FLUSHDB"}));
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 0) << child.err();
  EXPECT_EQ(objects(child.out()).at(0).at("decision"), "QUEUED");
  EXPECT_FALSE(objects(child.out()).at(0).contains("reason")) << child.out();
}

TEST_F(ApplyFault, KafkasAckStandsBehindAFence) {
  Child child(stopped_at_the_ack());
  ASSERT_TRUE(eventually([&] { return child.stopped(); })) << child.err();
  ASSERT_NO_FATAL_FAILURE(remove_outbox_entry());
  ASSERT_NO_FATAL_FAILURE(command({"HSET", keys_.meta, "run_id", "of-another-life"}));
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 0) << child.err();
  EXPECT_EQ(objects(child.out()).at(0).at("decision"), "QUEUED");
}

// Redis lost the end of its file, and nobody noticed: the place is given out a second time.
TEST_F(ApplyFault, WhomRedisForgotIsAdmittedAnewAndHandedOverAnew) {
  Child child(stopped_at_the_ack());
  ASSERT_TRUE(eventually([&] { return child.stopped(); })) << child.err();
  ASSERT_NO_FATAL_FAILURE(remove_outbox_entry());
  ASSERT_NO_FATAL_FAILURE(command({"HDEL", keys_.users, "1"}));
  ASSERT_NO_FATAL_FAILURE(command({"HSET", keys_.meta, "seq", "0"}));
  EXPECT_EQ(admit("sale", 2, 1), 1);
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 0) << child.err();
  EXPECT_EQ(objects(child.out()).at(0).at("decision"), "QUEUED");
  EXPECT_EQ(objects(child.out()).at(0).at("seq"), 2);
  EXPECT_EQ(messages(), 2);
  EXPECT_EQ(outbox(), 1) << "only the other one's is left";
}

TEST_F(ApplyFault, WhomRedisForgotAndHasNoPlaceForIsToldThat) {
  ASSERT_EQ(run({"campaign", "set-quota", "1", "--campaign", "sale"}).code, 0);
  Child child(stopped_at_the_ack());
  ASSERT_TRUE(eventually([&] { return child.stopped(); })) << child.err();
  ASSERT_NO_FATAL_FAILURE(remove_outbox_entry());
  ASSERT_NO_FATAL_FAILURE(command({"HDEL", keys_.users, "1"}));
  ASSERT_NO_FATAL_FAILURE(command({"HSET", keys_.meta, "seq", "0"}));
  EXPECT_EQ(admit("sale", 2, 1), 1);
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 11) << child.err();
  EXPECT_EQ(objects(child.out()).at(0).at("decision"), "SOLD_OUT");
}

TEST_F(ApplyFault, ADuplicateWhoseEntryCannotBeReadIsNotSaidToBeSafe) {
  ASSERT_EQ(apply({"--user", "1", "--ack", "redis"}).code, 0);
  Child child(faulty("KILLPOINT=apply.answered:1:stop", {"--user", "1", "--timeout", "1s"}));
  ASSERT_TRUE(eventually([&] { return child.stopped(); })) << child.err();
  ASSERT_NO_FATAL_FAILURE(command({"RENAME", keys_.outbox, "elsewhere"}));
  ASSERT_NO_FATAL_FAILURE(command({"SET", keys_.outbox, "of somebody else"}));
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 13) << child.err();
  EXPECT_EQ(objects(child.out()).at(0).at("decision"), "IN_DOUBT");
  EXPECT_NE(child.out().find("WRONGTYPE"), std::string::npos) << child.out();
}

TEST_F(ApplyFault, ABrokenProducerCostsNobodyTheAnswer) {
  const auto file = users_file(1000);
  Child child(faulty("PLANTED=fatal_producer", {"--users-from", file}));
  EXPECT_EQ(child.wait(), 0) << child.err();
  EXPECT_EQ(decisions(child.out()), (std::map<std::string, int>{{"QUEUED", 1000}}));
  EXPECT_EQ(outbox(), 0);
  EXPECT_GE(messages(), 1000);
}

TEST_F(ApplyFault, ABrokenProducerOfTheRelayIsReplaced) {
  EXPECT_EQ(admit("sale", 1, 500), 500);
  EXPECT_EQ(admit("sale", 501, 500), 500);
  auto line = command_line({"consume", "--until-drained", "--group", topic});
  line.insert(line.begin(), {"env", "COUPONCTL_PLANTED=fatal_producer", COUPONCTL_FAULTY});
  Child child(line);
  EXPECT_EQ(child.wait(90s), 0) << child.err();
  EXPECT_NE(child.err().find("a new producer takes over"), std::string::npos) << child.err();
  EXPECT_EQ(number("SELECT COUNT(*) FROM coupon"), 1000);
  EXPECT_EQ(outbox(), 0);
}

TEST_F(ApplyFault, AtSigtermWhoWasAskedAboutIsAnsweredAndTheRestIsNotAsked) {
  Child child(faulty("KILLPOINT=apply.produced:2:stop", {"--users-from", users_file(20'000)}));
  ASSERT_TRUE(eventually([&] { return child.stopped(); })) << child.err();
  child.signal(SIGTERM);
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 128 + SIGTERM) << child.err();
  const auto asked = decisions(child.out())["QUEUED"];
  EXPECT_EQ(decisions(child.out()), (std::map<std::string, int>{{"QUEUED", asked}}));
  EXPECT_GE(asked, 2000);
  EXPECT_LT(asked, 20'000);
  EXPECT_EQ(outbox(), 0);
  for (const auto& text :
       {fmt::format("{0} users: {0} QUEUED", core::grouped(asked)),
        fmt::format("interrupted: {} users were not asked", core::grouped(20'000 - asked))})
    EXPECT_NE(child.err().find(text), std::string::npos) << child.err();
}

TEST_F(ApplyFault, AtSigtermInTheLastBatchAllAreAnsweredAndItIsNoFailure) {
  Child child(faulty("KILLPOINT=apply.produced:2:stop", {"--users-from", users_file(2000)}));
  ASSERT_TRUE(eventually([&] { return child.stopped(); })) << child.err();
  child.signal(SIGTERM);
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 0) << child.err();
  EXPECT_EQ(decisions(child.out()), (std::map<std::string, int>{{"QUEUED", 2000}}));
}

TEST_F(ApplyFault, AtSigtermWithoutKafkaThoseAskedAboutAreInDoubt) {
  auto line =
      words({"--users-from", users_file(20'000), "--kafka", "127.0.0.1:1", "--timeout", "8s"});
  line.insert(line.begin(), COUPONCTL_BINARY);
  Child child(line);
  ASSERT_TRUE(eventually([&] { return outbox() == 8; })) << "so many are under way at the most";
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 13) << child.err();
  EXPECT_EQ(decisions(child.out()), (std::map<std::string, int>{{"IN_DOUBT", 8000}}));
  EXPECT_EQ(outbox(), 8) << "the relay finds them";
  EXPECT_NE(child.err().find("12,000 users were not asked"), std::string::npos) << child.err();
}

TEST_F(ApplyFault, AtSigtermASingleUserIsAnswered) {
  Child child(faulty("KILLPOINT=apply.produced:1:stop", {"--user", "1"}));
  ASSERT_TRUE(eventually([&] { return child.stopped(); })) << child.err();
  child.signal(SIGTERM);
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 0) << child.err();
  EXPECT_EQ(objects(child.out()).at(0).at("decision"), "QUEUED");
}

std::optional<stack::Stack> own;

// Redis in states in which it refuses: on servers of its own, since a state is every test's.
class ApplyToUnfitRedis : public ApplyFault {
 protected:
  ApplyToUnfitRedis() : ApplyFault(servers_of(*own)) {}

  static void SetUpTestSuite() { own.emplace(start_stack()); }
  static void TearDownTestSuite() { own.reset(); }

  static std::filesystem::path redis_directory() {
    return own->addresses().mysql_socket.parent_path().parent_path() / "redis";
  }

  // Nobody is admitted, and Redis's own words say why.
  void expect_unavailable(const std::string& why) {
    const auto finished = apply({"--user", "1", "--allow-unsafe"});
    EXPECT_EQ(finished.code, 3) << finished.err;
    EXPECT_EQ(decisions(finished.out), (std::map<std::string, int>{{"UNAVAILABLE", 1}}));
    EXPECT_NE(finished.out.find(why), std::string::npos) << finished.out;
    EXPECT_NE(finished.err.find(why), std::string::npos) << finished.err;
  }
  void expect_refused(const std::string& why) {
    const auto finished = apply({"--user", "1"});
    EXPECT_EQ(finished.code, 2) << finished.err;
    EXPECT_EQ(finished.out, "");
    EXPECT_NE(finished.err.find(why), std::string::npos) << finished.err;
    EXPECT_NE(finished.err.find("--allow-unsafe"), std::string::npos) << finished.err;
  }
};

TEST_F(ApplyToUnfitRedis, AReplicaIsRefusedAndSaysReadonly) {
  ASSERT_NO_FATAL_FAILURE(command({"REPLICAOF", "127.0.0.1", "1"}));
  expect_refused("it is a replica");
  expect_unavailable("READONLY");
  ASSERT_NO_FATAL_FAILURE(command({"REPLICAOF", "NO", "ONE"}));
  EXPECT_EQ(apply({"--user", "1"}).code, 0);
}

TEST_F(ApplyToUnfitRedis, AFullMemoryAdmitsNobody) {
  ASSERT_NO_FATAL_FAILURE(command({"CONFIG", "SET", "maxmemory", "1"}));
  expect_unavailable("OOM");
  ASSERT_NO_FATAL_FAILURE(command({"CONFIG", "SET", "maxmemory", "0"}));
  EXPECT_EQ(apply({"--user", "1"}).code, 0);
}

TEST_F(ApplyToUnfitRedis, ADiskThatTakesNoSnapshotAdmitsNobody) {
  const auto blocked = redis_directory() / "dump.rdb";
  std::filesystem::create_directories(blocked / "not_empty");
  ASSERT_NO_FATAL_FAILURE(command({"CONFIG", "SET", "save", "3600 1"}));
  ASSERT_TRUE(redis().command({"BGSAVE"}));
  ASSERT_TRUE(eventually([&] {
    const auto status = redis().info("persistence", "rdb_last_bgsave_status");
    return status && *status == "err";
  }));
  expect_unavailable("MISCONF");
  ASSERT_NO_FATAL_FAILURE(command({"CONFIG", "SET", "save", ""}));
  std::filesystem::remove_all(blocked);
  EXPECT_EQ(apply({"--user", "1"}).code, 0);
}

// In the stack's directory and on its port, but told to take its time over each key.
TEST_F(ApplyToUnfitRedis, WhileItLoadsNobodyIsAdmitted) {
  ASSERT_NO_FATAL_FAILURE(
      command({"EVAL", "for i = 1, 50000 do redis.call('SET', 'filler:' .. i, i) end", "0"}));
  ASSERT_TRUE(own->stop(stack::Server::redis));
  {
    Child slow({"redis-server", "--port", std::to_string(own->addresses().redis.port), "--bind",
                "127.0.0.1", "--dir", redis_directory(), "--appendonly", "yes", "--save", "",
                "--key-load-delay", "1000"});
    ASSERT_TRUE(eventually([&] {
      return slow.out().find("oading") != std::string::npos ||
             !!redis::Client::connect(servers().redis);
    })) << slow.out();
    expect_unavailable("LOADING");
    EXPECT_EQ(run({"campaign", "close"}).code, 3);
  }
  ASSERT_TRUE(own->start(stack::Server::redis));
  reconnect();
}

TEST_F(ApplyToUnfitRedis, WithoutAnAppendOnlyFileNobodyIsAskedAbout) {
  ASSERT_NO_FATAL_FAILURE(command({"CONFIG", "SET", "appendonly", "no"}));
  expect_refused("appendonly is off");
  const auto allowed = apply({"--user", "1", "--allow-unsafe"});
  ASSERT_NO_FATAL_FAILURE(command({"CONFIG", "SET", "appendonly", "yes"}));
  EXPECT_EQ(allowed.code, 0);
  EXPECT_NE(allowed.err.find("warning"), std::string::npos) << allowed.err;
}

}  // namespace
}  // namespace couponctl::live
