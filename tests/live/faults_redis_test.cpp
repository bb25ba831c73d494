// What becomes of the promise when Redis restarts, forgets, hangs or cannot write?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "core/timestamp.h"
#include "faults/proxy.h"
#include "live/faults.h"

namespace couponctl {
namespace {

using namespace std::chrono_literals;
using faults::Proxy;
using stack::Server;
using test::Child;
using test::eventually;

class RedisFaults : public live::Faults {
 protected:
  RedisFaults() : Faults(1, live::servers_of(live::harmed_servers())) {}

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(migrate());
    ASSERT_NO_FATAL_FAILURE(open("summer", 10));
  }

  static stack::Stack& stack() { return live::harmed_servers(); }

  // So many users from `first` on, through `apply`.
  int apply_for(int first, int users) {
    std::string lines;
    for (int user = first; user < first + users; ++user) lines += std::to_string(user) + "\n";
    return apply({"--users-from", "-"}, lines).code;
  }
  void expect_unavailable(const std::string& reason) {
    const auto [code, out, err] = apply({"--user", "99", "--output", "json", "--allow-unsafe"});
    EXPECT_EQ(code, 3) << err;
    EXPECT_NE(out.find("\"UNAVAILABLE\""), std::string::npos) << out << err;
    EXPECT_NE(out.find(reason), std::string::npos) << out << err;
  }
  // What nobody should do: open the fence by hand, as if all were in order.
  void open_by_hand(int quota) {
    const auto run_id = *redis().info("server", "run_id");
    ASSERT_TRUE(redis().command({"HSET",       "coupon:{summer}:meta",
                                 "state",      "open",
                                 "quota",      std::to_string(quota),
                                 "opens_at",   "0",
                                 "closes_at",  "0",
                                 "epoch",      "1",
                                 "run_id",     run_id,
                                 "seq",        std::to_string(admitted()),
                                 "gap",        "0",
                                 "outbox_max", "1000"}));
  }
  std::filesystem::path append_only_file() {
    const auto reply = redis().command({"CONFIG", "GET", "dir"});
    const std::filesystem::path directory = *(*reply->value().array(2))[1].text();
    for (const auto& entry : std::filesystem::directory_iterator(directory / "appendonlydir"))
      if (entry.path().string().ends_with(".incr.aof")) return entry.path();
    return {};
  }
};

TEST_F(RedisFaults, AfterARestartNobodyIsAdmitted) {
  ASSERT_EQ(apply_for(1, 3), 0);
  ASSERT_TRUE(stack().kill(Server::redis));
  EXPECT_EQ(apply({"--user", "4"}).code, 3);
  ASSERT_TRUE(stack().start(Server::redis));
  reconnect();
  expect_unavailable("FENCED");
  EXPECT_EQ(admitted(), 3) << "every write was in its file";
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(users(), 3);
}

TEST_F(RedisFaults, ThatLostItsLastWritesAreNeverPaidForWithMoreCouponsThanTheQuota) {
  const auto file = append_only_file();
  ASSERT_EQ(apply_for(1, 4), 0);
  // A file of the second half of what follows.
  const auto kept = std::filesystem::file_size(file);
  ASSERT_EQ(apply_for(5, 4), 0);
  ASSERT_TRUE(stack().kill(Server::redis));
  ASSERT_GT(std::filesystem::file_size(file), kept);
  std::filesystem::resize_file(file, kept);
  ASSERT_TRUE(stack().start(Server::redis));
  reconnect();
  ASSERT_EQ(admitted(), 4) << "four were lost";
  expect_unavailable("FENCED");
  ASSERT_NO_FATAL_FAILURE(open_by_hand(10));
  ASSERT_EQ(apply_for(101, 20), 0);
  EXPECT_EQ(admitted(), 10);
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(coupons(), 10);
  EXPECT_EQ(failed("OVER_QUOTA"), 4) << "kept, never silent";
  EXPECT_EQ(count("SELECT COUNT(*) FROM coupon WHERE user_id BETWEEN 5 AND 8"), 4)
      << "Kafka had acknowledged those that Redis lost";
}

TEST_F(RedisFaults, ThatForgotAllAndIsOpenedByHandDoesNotMoveTheLedger) {
  ASSERT_EQ(apply_for(1, 10), 0);
  ASSERT_NO_FATAL_FAILURE(drain_all());
  ASSERT_TRUE(redis().command({"FLUSHALL"}));
  ASSERT_NO_FATAL_FAILURE(open_by_hand(10));
  ASSERT_EQ(apply_for(6, 10), 0);
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(coupons(), 10);
  EXPECT_EQ(users(), 10);
  EXPECT_EQ(failed("OVER_QUOTA"), 5);
}

TEST_F(RedisFaults, WithoutItsKeysAdmitsNobody) {
  ASSERT_EQ(apply_for(1, 3), 0);
  ASSERT_TRUE(redis().command({"RENAME", "coupon:{summer}:users", "elsewhere"}));
  expect_unavailable("CORRUPT");
  ASSERT_TRUE(redis().command({"RENAME", "elsewhere", "coupon:{summer}:users"}));
  ASSERT_TRUE(redis().command({"DEL", "coupon:{summer}:outbox"}));
  EXPECT_EQ(apply({"--user", "4"}).code, 0) << "it was empty";
  ASSERT_TRUE(redis().command({"DEL", "coupon:{summer}:meta"}));
  expect_unavailable("UNINIT");
  ASSERT_TRUE(redis().command({"FLUSHALL"}));
  expect_unavailable("UNINIT");
  EXPECT_EQ(run({"campaign", "open", "summer"}).code, 3);
  EXPECT_EQ(admitted(), 0);
}

TEST_F(RedisFaults, ThatEvictsAdmitsNobody) {
  ASSERT_EQ(apply_for(1, 3), 0);
  const auto configure = [&](const char* name, const char* value) {
    ASSERT_TRUE(redis().command({"CONFIG", "SET", name, value}));
  };
  configure("maxmemory-policy", "allkeys-random");
  configure("maxmemory", "1");
  EXPECT_EQ(apply({"--user", "99"}).code, 2) << "its policy is wrong";
  expect_unavailable("");
  configure("maxmemory", "0");
  configure("maxmemory-policy", "noeviction");
  expect_unavailable("");
  EXPECT_EQ(admitted(), 0);
}

TEST_F(RedisFaults, WhoseConnectionIsCutLeavesTheApplicantInDoubtAndARetryIsSafe) {
  Proxy proxy({"127.0.0.1", servers().redis.port});
  const auto through_proxy =
      proxy.address().text() + "/" + std::to_string(servers().redis.database);
  Child child(
      faulty("apply.asking:1:stop", apply_words({"--user", "7", "--redis", through_proxy})));
  ASSERT_TRUE(has_stopped(child)) << child.err();
  proxy.reset();
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 13) << child.err();
  proxy.pass();
  EXPECT_EQ(apply({"--user", "7", "--redis", through_proxy}).code, 0);
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(coupons(), 1);
}

// One is never answered; the other one gets its answer byte by byte, so that no single read takes
// long.
TEST_F(RedisFaults, ThatHangsOrDripsLeavesTheApplicantInDoubtBeforeLong) {
  ASSERT_EQ(run({"campaign", "set-quota", "5000", "--campaign", "summer"}).code, 0);
  Proxy silent({"127.0.0.1", servers().redis.port});
  Proxy dripping({"127.0.0.1", servers().redis.port});
  std::string lines;
  for (int user = 1; user <= 1001; ++user) lines += std::to_string(user) + "\n";
  // In the second call the server knows the script, so that one question decides.
  const auto words = [&](const Proxy& proxy) {
    return faulty(
        "apply.asking:2:stop",
        apply_words({"--ack", "redis", "--output", "json", "--users-from", "-", "--redis",
                     fmt::format("{}/{}", proxy.address().text(), servers().redis.database)}));
  };
  Child unanswered(words(silent), lines);
  ASSERT_TRUE(has_stopped(unanswered)) << unanswered.err();
  Child dripped_on(words(dripping), lines);
  ASSERT_TRUE(has_stopped(dripped_on)) << dripped_on.err();
  ASSERT_EQ(admitted(), 1000);
  silent.blackhole();
  dripping.drip(1s);
  unanswered.signal(SIGCONT);
  dripped_on.signal(SIGCONT);
  for (auto* child : {&unanswered, &dripped_on}) {
    EXPECT_EQ(child->wait(20s), 13) << child->err();
    EXPECT_NE(child->out().find("\"user\":\"1001\",\"decision\":\"IN_DOUBT\""), std::string::npos);
  }
  EXPECT_EQ(admitted(), 1001) << "one question came through, and its answer did not";
  EXPECT_EQ(apply({"--user", "1001"}).code, 10);
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(users(), 1001);
  EXPECT_EQ(coupons(), 1001);
}

TEST_F(RedisFaults, ThatCannotWriteItsFileIsUnavailableAndNothingIsLeftInPart) {
  ASSERT_EQ(apply_for(1, 2), 0);
  {
    const live::FullDisk full(stack().pid(Server::redis),
                              std::filesystem::file_size(append_only_file()));
    // Before it notices, somebody may still be told yes: in memory Redis has them.
    EXPECT_TRUE(eventually([&, user = 2]() mutable { return apply_for(++user, 1) == 3; }));
    expect_unavailable("MISCONF");
    EXPECT_EQ(std::stoll(field("summer", "seq")), admitted());
  }
  EXPECT_TRUE(eventually([&] { return apply({"--user", "99"}).code != 3; }));
  EXPECT_EQ(std::stoll(field("summer", "seq")), admitted());
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(users(), admitted());
  EXPECT_EQ(outbox(), 0);
}

// The applicant's clock is a day off, the window is two hours wide.
TEST_F(RedisFaults, AreJudgedByItsOwnClockAlone) {
  const auto hours_from_now = [](int hours) {
    const auto moment = std::chrono::system_clock::now() + std::chrono::hours(hours);
    return core::format_timestamp(
        std::chrono::duration_cast<std::chrono::milliseconds>(moment.time_since_epoch()).count());
  };
  ASSERT_EQ(run({"campaign", "open", "now", "--quota", "9", "--opens-at", hours_from_now(-1),
                 "--closes-at", hours_from_now(1)})
                .code,
            0);
  ASSERT_EQ(run({"campaign", "open", "soon", "--quota", "9", "--opens-at", hours_from_now(1),
                 "--closes-at", hours_from_now(3)})
                .code,
            0);
  const auto ask = [&](const char* clock, const char* campaign, const char* user) {
    // A sanitizer wants to be loaded first, and faketime is.
    auto words = command_line({"env", "ASAN_OPTIONS=verify_asan_link_order=0", "faketime", "-f",
                               clock, COUPONCTL_BINARY, "apply", "--user", user, "--campaign",
                               campaign, "--ack", "redis"});
    Child applicant(words);
    return applicant.wait();
  };
  for (const auto* clock : {"-1d", "+1d", "+2h"}) EXPECT_EQ(ask(clock, "soon", "1"), 12) << clock;
  EXPECT_EQ(ask("-1d", "now", "1"), 0);
  EXPECT_EQ(ask("+1d", "now", "2"), 0);
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(users(), 2);
}

}  // namespace
}  // namespace couponctl
