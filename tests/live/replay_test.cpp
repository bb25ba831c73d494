// Does `replay-failed` turn failed events into coupons, once each?
#include <gtest/gtest.h>

#include "live/product.h"

namespace couponctl {
namespace {

class ReplayFailed : public live::Product {
 protected:
  // Campaign summer with its two coupons issued, and `count` users who came too late.
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(migrate());
    ASSERT_NO_FATAL_FAILURE(open("summer", 2));
    EXPECT_EQ(write("summer", 1, 5).issued, 2);
    EXPECT_EQ(new_events(), 3);
  }
  std::int64_t new_events() {
    return number("SELECT COUNT(*) FROM failed_event WHERE status = 'new'");
  }
  std::int64_t coupons() { return number("SELECT COUNT(*) FROM coupon"); }
  void raise_quota(const char* quota) {
    ASSERT_EQ(run({"campaign", "set-quota", quota, "--campaign", "summer"}).code, 0);
  }
};

TEST_F(ReplayFailed, IssuesWhatTheRaisedQuotaAllows) {
  raise_quota("4");
  const auto [code, out, err] = run({"replay-failed", "--yes", "--output", "json"});
  EXPECT_EQ(code, 6) << err;
  const auto result = nlohmann::json::parse(out);
  EXPECT_EQ(result.at("issued"), 2);
  EXPECT_EQ(result.at("still_failing"), 1);
  EXPECT_EQ(result.at("left"), 1);
  EXPECT_EQ(coupons(), 4);
}

TEST_F(ReplayFailed, ExitsWith0WhenNothingIsLeft) {
  raise_quota("9");
  EXPECT_EQ(run({"replay-failed", "--yes"}).code, 0);
  EXPECT_EQ(coupons(), 5);
  const auto again = run({"replay-failed"});
  EXPECT_EQ(again.code, 0) << "there is nothing to be asked about";
  EXPECT_NE(again.err.find("No failed event"), std::string::npos) << again.err;
  EXPECT_EQ(coupons(), 5);
}

TEST_F(ReplayFailed, DoesNothingWithoutAYes) {
  raise_quota("9");
  const auto [code, out, err] = run({"replay-failed"});
  EXPECT_EQ(code, 7);
  EXPECT_EQ(out, "");
  EXPECT_NE(err.find("OVER_QUOTA       3"), std::string::npos) << err;
  EXPECT_NE(err.find("--yes"), std::string::npos) << err;
  EXPECT_EQ(coupons(), 2);
}

TEST_F(ReplayFailed, OnlyLooksWithDryRun) {
  raise_quota("9");
  const auto [code, out, err] = run({"replay-failed", "--dry-run", "--output", "json"});
  EXPECT_EQ(code, 6) << err;
  const auto preview = nlohmann::json::parse(out);
  EXPECT_EQ(preview.at("new"), 3);
  EXPECT_EQ(preview.at("classes").at("OVER_QUOTA"), 3);
  EXPECT_EQ(coupons(), 2);
}

TEST_F(ReplayFailed, TakesOnlyWhatTheFilterTakes) {
  raise_quota("9");
  EXPECT_EQ(write("winter", 9, 1).issued, 0);
  EXPECT_EQ(run({"replay-failed", "--yes", "--user", "4"}).code, 0);
  EXPECT_EQ(coupons(), 3);
  EXPECT_EQ(run({"replay-failed", "--yes", "--class", "UNKNOWN_CAMPAIGN"}).code, 6);
  EXPECT_EQ(coupons(), 3);
  EXPECT_EQ(run({"replay-failed", "--yes", "--campaign", "winter"}).code, 6);
  EXPECT_EQ(run({"replay-failed", "--yes", "--limit", "1", "--class", "OVER_QUOTA"}).code, 6);
  EXPECT_EQ(coupons(), 4);
  EXPECT_EQ(run({"replay-failed", "--yes", "--campaign", "summer"}).code, 0);
  EXPECT_EQ(coupons(), 5);
}

TEST_F(ReplayFailed, RejectsForGoodAfterTheLastTry) {
  EXPECT_EQ(run({"replay-failed", "--yes", "--max-attempts", "2"}).code, 6);
  const auto [code, out, err] =
      run({"replay-failed", "--yes", "--max-attempts", "2", "--output", "json"});
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(nlohmann::json::parse(out).at("rejected"), 3);
  EXPECT_EQ(new_events(), 0);
}

TEST_F(ReplayFailed, RunTwiceAtOnceIssuesEachOnce) {
  EXPECT_EQ(write("summer", 100, 200).issued, 0);
  raise_quota("500");
  test::Child one(command_line({COUPONCTL_BINARY, "replay-failed", "--yes"}));
  test::Child other(command_line({COUPONCTL_BINARY, "replay-failed", "--yes"}));
  for (auto* replayer : {&one, &other}) {
    const int code = replayer->wait();  // 6: the other one still had an event in hand
    EXPECT_TRUE(code == 0 || code == 6) << code << replayer->err();
  }
  EXPECT_EQ(new_events(), 0);
  EXPECT_EQ(coupons(), 205);
  EXPECT_EQ(number("SELECT COUNT(DISTINCT user_id) FROM coupon"), 205);
}

}  // namespace
}  // namespace couponctl
