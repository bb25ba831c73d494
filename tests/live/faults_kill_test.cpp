// Is nobody lost and nobody served twice wherever a process is killed?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "live/faults.h"

namespace couponctl {
namespace {

using test::Child;
using test::eventually;

class Killed : public live::Faults, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(migrate());
    ASSERT_NO_FATAL_FAILURE(open("summer", 25));
  }

  static std::string at(int passage = 1) { return fmt::format("{}:{}", GetParam(), passage); }

  // Of what was read each message stands in exactly one place; a killed transaction's rows go as
  // soon as the server notices.
  bool all_or_nothing() const {
    return eventually([&] { return coupons() + failed_events() == progress(); });
  }
};

std::string point_name(const testing::TestParamInfo<const char*>& point) {
  std::string name = point.param;
  std::ranges::replace(name, '.', '_');
  return name;
}

class KilledInApply : public Killed {};

TEST_P(KilledInApply, WhoWasAdmittedIsServedWithoutARetryAndARetryLearnsOfIt) {
  ASSERT_NO_FATAL_FAILURE(kill_at(faulty(at(), apply_words({"--user", "7"}))));
  const bool asked = std::string_view(GetParam()) != "apply.asking";
  EXPECT_EQ(admitted(), asked ? 1 : 0);
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(coupons(), asked ? 1 : 0);
  const auto retried = apply({"--user", "7", "--output", "json"});
  EXPECT_EQ(retried.code, asked ? 10 : 0) << retried.err;
  EXPECT_EQ(nlohmann::json::parse(retried.out).at("seq"), 1);
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(coupons(), 1);
  EXPECT_EQ(failed_events(), 0);
  EXPECT_EQ(outbox(), 0);
}

INSTANTIATE_TEST_SUITE_P(AtEachPoint, KilledInApply,
                         testing::Values("apply.asking", "apply.answered", "apply.produced",
                                         "apply.acknowledged", "apply.forgotten"),
                         point_name);

class KilledInTheRelay : public Killed {};

TEST_P(KilledInTheRelay, WhoWasAdmittedIsServedOnceByTheNext) {
  for (int first = 1; first <= 40; first += 10) admit("summer", first, 10);
  ASSERT_EQ(admitted(), 25);
  ASSERT_NO_FATAL_FAILURE(kill_at(faulty_consume(at())));
  ASSERT_NO_FATAL_FAILURE(drain_all());
  EXPECT_EQ(users(), 25);
  EXPECT_EQ(coupons(), 25);
  EXPECT_EQ(failed_events(), 0);
  EXPECT_EQ(outbox(), 0);
}

INSTANTIATE_TEST_SUITE_P(AtEachPoint, KilledInTheRelay,
                         testing::Values("relay.read", "relay.sent", "relay.acknowledged",
                                         "relay.forgotten"),
                         point_name);

class KilledInConsume : public Killed {};

// More come than there are coupons, with poison between them, in batches of ten; the first batch
// has landed when the second one's writer is killed.
TEST_P(KilledInConsume, TheBatchIsWrittenWholeAndOnce) {
  send("summer", 1, 12);
  send_poison(3);
  send("summer", 13, 28);
  const bool stopping = std::string_view(GetParam()).starts_with("shutdown.");
  const std::vector<std::string> options{"--batch", "10"};
  if (stopping) {
    Child child(faulty_consume(at(), options));
    ASSERT_TRUE(eventually([&] { return progress() >= 10; })) << child.err();
    child.signal(SIGTERM);
    ASSERT_EQ(child.wait(), 128 + SIGKILL) << child.err();
  } else {
    ASSERT_NO_FATAL_FAILURE(kill_at(faulty_consume(at(2), options)));
  }
  EXPECT_TRUE(all_or_nothing()) << coupons() << " + " << failed_events() << " of " << progress();
  ASSERT_NO_FATAL_FAILURE(drain_all(options));
  EXPECT_EQ(progress(), 43);
  EXPECT_EQ(coupons(), 25);
  EXPECT_EQ(users(), 25);
  EXPECT_EQ(failed("POISON"), 3);
  EXPECT_EQ(failed("OVER_QUOTA"), 15);
  EXPECT_EQ(failed_events(), 18);
}

INSTANTIATE_TEST_SUITE_P(AtEachPoint, KilledInConsume,
                         testing::Values("consume.gathered", "ledger.advanced", "ledger.issued",
                                         "ledger.recorded", "ledger.committed", "consume.written",
                                         "consume.committed", "shutdown.stopping",
                                         "shutdown.written"),
                         point_name);

class KilledInReplay : public Killed {};

TEST_P(KilledInReplay, EachEventIsResolvedOnce) {
  EXPECT_EQ(write("summer", 1, 30).issued, 25);
  ASSERT_EQ(run({"campaign", "set-quota", "28", "--campaign", "summer"}).code, 0);
  ASSERT_NO_FATAL_FAILURE(kill_at(faulty(at(2), {"replay-failed", "--yes"})));
  EXPECT_TRUE(eventually([&] {
    return coupons() + count("SELECT COUNT(*) FROM failed_event WHERE status = 'new'") == 30;
  }));
  const auto again = run({"replay-failed", "--yes"});
  EXPECT_EQ(again.code, 6) << again.err;
  EXPECT_EQ(coupons(), 28);
  EXPECT_EQ(users(), 28);
  EXPECT_EQ(count("SELECT COUNT(*) FROM failed_event WHERE status = 'done' AND attempts = 1"), 3);
  EXPECT_EQ(count("SELECT COUNT(*) FROM failed_event WHERE status = 'new'"), 2);
}

INSTANTIATE_TEST_SUITE_P(AtEachPoint, KilledInReplay,
                         testing::Values("replay.taken", "replay.issued", "replay.updated",
                                         "replay.committed"),
                         point_name);

class KilledInReset : public Killed {};

// From the first point on nobody is admitted before the reset was run again and the campaign
// opened.
TEST_P(KilledInReset, NobodyIsAdmittedUntilItIsRunAgain) {
  EXPECT_EQ(admit("summer", 1, 3), 3);
  ASSERT_NO_FATAL_FAILURE(drain_all());
  ASSERT_EQ(run({"campaign", "close", "summer"}).code, 0);
  const std::vector<std::string> reset{"reset-redis", "--campaign", "summer", "--yes"};
  ASSERT_NO_FATAL_FAILURE(kill_at(faulty(at(), reset)));
  EXPECT_EQ(apply({"--user", "9"}).code, 3);
  EXPECT_EQ(admitted(), std::string_view(GetParam()) == "reset.unlinked" ? 0 : 3);
  const auto again = run(reset);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(apply({"--user", "9"}).code, 3);
  EXPECT_EQ(count("SELECT MAX(epoch) FROM campaign"), 2);
  ASSERT_NO_FATAL_FAILURE(open("summer", 25));
  EXPECT_EQ(admit("summer", 1, 30), 25);
}

INSTANTIATE_TEST_SUITE_P(AtEachPoint, KilledInReset,
                         testing::Values("reset.marked", "reset.begun", "reset.unlinked"),
                         point_name);

class KilledInOpen : public Killed {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(migrate()); }
};

TEST_P(KilledInOpen, ItGoesOnAndOpensOnce) {
  ASSERT_NO_FATAL_FAILURE(kill_at(faulty(at(), {"campaign", "open", "summer", "--quota", "25"})));
  EXPECT_EQ(admit("summer", 1, 30), 0);
  ASSERT_NO_FATAL_FAILURE(open("summer", 25));
  EXPECT_EQ(admit("summer", 1, 30), 25);
  EXPECT_EQ(count("SELECT COUNT(*) FROM campaign WHERE state = 'open' AND epoch = 1"), 1);
}

INSTANTIATE_TEST_SUITE_P(AtEachPoint, KilledInOpen,
                         testing::Values("open.created", "open.begun", "open.marked"), point_name);

class KilledInSetQuota : public Killed {};

TEST_P(KilledInSetQuota, RedisNeverLetsInMoreThanTheLedgerTakes) {
  for (const auto* quota : {"30", "20"}) {
    const std::vector<std::string> change{"campaign", "set-quota", quota, "--campaign", "summer"};
    ASSERT_NO_FATAL_FAILURE(kill_at(faulty(at(), change)));
    EXPECT_LE(std::stoll(field("summer", "quota")), count("SELECT quota FROM campaign"));
    ASSERT_EQ(run(change).code, 0);
    EXPECT_EQ(field("summer", "quota"), quota);
    EXPECT_EQ(count("SELECT quota FROM campaign"), std::stoll(quota));
  }
  EXPECT_EQ(admit("summer", 1, 30), 20);
}

INSTANTIATE_TEST_SUITE_P(AtEachPoint, KilledInSetQuota,
                         testing::Values("quota.lowered", "quota.stored"), point_name);

class KilledInSetWindow : public Killed {};

TEST_P(KilledInSetWindow, ItIsSaidAndTheAdvisedCommandEndsIt) {
  const std::vector<std::string> change{
      "campaign", "set-window", "--closes-at", "2999-01-01T00:00:00Z", "--campaign", "summer"};
  ASSERT_NO_FATAL_FAILURE(kill_at(faulty(at(), change)));
  EXPECT_EQ(field("summer", "closes_at"), "0");
  const auto opened = run({"campaign", "open", "summer"});
  EXPECT_EQ(opened.code, 1);
  EXPECT_NE(opened.err.find("\"couponctl campaign set-window --opens-at none --closes-at "
                            "2999-01-01T00:00:00Z --campaign summer\""),
            std::string::npos)
      << opened.err;
  ASSERT_EQ(run({"campaign", "set-window", "--opens-at", "none", "--closes-at",
                 "2999-01-01T00:00:00Z", "--campaign", "summer"})
                .code,
            0);
  EXPECT_EQ(field("summer", "closes_at"), "32472144000000");
  EXPECT_EQ(run({"campaign", "open", "summer"}).code, 0);
}

INSTANTIATE_TEST_SUITE_P(AtEachPoint, KilledInSetWindow, testing::Values("window.stored"),
                         point_name);

class KilledInClose : public Killed {};

TEST_P(KilledInClose, NobodyIsAdmittedAnyMoreAndItGoesOn) {
  ASSERT_NO_FATAL_FAILURE(kill_at(faulty(at(), {"campaign", "close", "summer"})));
  EXPECT_EQ(apply({"--user", "1"}).code, 12);
  ASSERT_EQ(run({"campaign", "close", "summer"}).code, 0);
  EXPECT_EQ(count("SELECT state = 'closed' FROM campaign"), 1);
}

INSTANTIATE_TEST_SUITE_P(AtEachPoint, KilledInClose, testing::Values("close.closed"), point_name);

}  // namespace
}  // namespace couponctl
