// Does each check of the fault driver notice its breach, in stores that were made up to show it?
#include <gtest/gtest.h>

#include <algorithm>

#include "fault/verdict.h"

namespace couponctl::fault {
namespace {

constexpr int audit_consistent = 0;
constexpr int audit_violated = 4;

class FaultChecks : public testing::Test {
 protected:
  // A quota of 3, sold out to users 1..3, all of whom were told so, and one poison message.
  FaultChecks() {
    stores_.quota = 3;
    for (std::int64_t user = 1; user <= 3; ++user) {
      stores_.coupons.push_back({.epoch = 1, .slot = user, .user = user, .seq = user});
      stores_.users[user] = std::to_string(user) + "|1-1";
      tell(user, "QUEUED", user);
    }
    stores_.failed.push_back({"POISON", "rejected", {}, {}, {0, 7}});
    stores_.progress = stores_.ends = {{0, 8}};
    circumstances_.sent = {{{0, 7}, {}}};
  }

  void tell(std::int64_t user, const std::string& decision, std::int64_t seq,
            const std::string& ack = "kafka") {
    applicants_.insert(user);
    told_.push_back({.user = user, .decision = decision, .seq = seq, .ack = ack});
  }

  void forget_row(std::int64_t user) {
    std::erase_if(stores_.coupons, [&](const CouponRow& row) { return row.user == user; });
  }

  std::vector<Breach> breaches_found(int audit_code = audit_violated) const {
    std::vector<Breach> found;
    for (const auto& finding : verdict(stores_, told_, applicants_, circumstances_, audit_code))
      if (finding.breach != Breach::disagree) found.push_back(finding.breach);
    return found;
  }
  bool finds(Breach breach) const { return std::ranges::count(breaches_found(), breach) > 0; }

  RawStores stores_;
  std::vector<Told> told_;
  std::set<std::int64_t> applicants_;
  Circumstances circumstances_;
};

TEST_F(FaultChecks, WhatIsRightIsClean) {
  EXPECT_TRUE(verdict(stores_, told_, applicants_, circumstances_, audit_consistent).empty());
}

TEST_F(FaultChecks, AcknowledgedByKafkaAndNowhereIsLost) {
  tell(4, "QUEUED", 0);
  EXPECT_TRUE(finds(Breach::lost));
  stores_.failed.push_back({"STALE_EPOCH", "rejected", 1, 4, {0, 3}});
  EXPECT_FALSE(finds(Breach::lost));
}

TEST_F(FaultChecks, AFailedEventOfPoisonIsNobodys) {
  tell(4, "QUEUED", 0);
  stores_.failed.push_back({"POISON", "rejected", 1, 4, {0, 3}});
  EXPECT_TRUE(finds(Breach::lost));
}

TEST_F(FaultChecks, AcknowledgedByRedisIsLostOnlyWhereRedisKeptItsMemory) {
  tell(4, "ADMITTED", 4, "redis");
  EXPECT_TRUE(finds(Breach::lost));
  circumstances_.redis_forgot = true;
  EXPECT_FALSE(finds(Breach::lost));
}

TEST_F(FaultChecks, IssuedWithoutARowIsLostEvenIfItIsAFailedEvent) {
  tell(4, "ISSUED", 4, "ledger");
  stores_.failed.push_back({"STALE_EPOCH", "rejected", 1, 4, {0, 3}});
  circumstances_.redis_forgot = true;
  EXPECT_TRUE(finds(Breach::lost));
}

TEST_F(FaultChecks, ADuplicateIsAsSafeAsItsAck) {
  tell(4, "DUPLICATE", 4, "kafka");
  EXPECT_TRUE(finds(Breach::lost));
  circumstances_.redis_forgot = true;
  EXPECT_FALSE(finds(Breach::lost));
}

TEST_F(FaultChecks, APlaceInRedisThatNothingTurnsIntoACouponIsLost) {
  stores_.users[4] = "4|1-1";
  EXPECT_TRUE(finds(Breach::lost));
}

TEST_F(FaultChecks, AnOutboxThatStaysIsLost) {
  stores_.outbox = 1;
  EXPECT_TRUE(finds(Breach::lost));
}

TEST_F(FaultChecks, AMessageOnTheTopicThatBecameNothingIsLost) {
  stores_.failed.clear();
  EXPECT_TRUE(finds(Breach::lost));
}

TEST_F(FaultChecks, AForeignMessageMayBecomeACoupon) {
  circumstances_.sent.push_back({{0, 6}, 3});
  EXPECT_FALSE(finds(Breach::lost));
  circumstances_.sent.push_back({{0, 5}, 9});
  EXPECT_TRUE(finds(Breach::lost));
}

TEST_F(FaultChecks, ProgressPastTheEndIsLost) {
  stores_.progress[0] = 9;
  EXPECT_TRUE(finds(Breach::lost));
}

TEST_F(FaultChecks, ASellOutThatLeavesACouponIsLost) {
  forget_row(3);
  stores_.users.erase(3);
  std::erase_if(told_, [](const Told& told) { return told.user == 3; });
  EXPECT_TRUE(finds(Breach::lost));
}

TEST_F(FaultChecks, TwoRowsOfAUserAreADuplicate) {
  stores_.coupons[2].user = 2;
  EXPECT_TRUE(finds(Breach::duplicate));
}

TEST_F(FaultChecks, TwoUsersOnASlotAreADuplicate) {
  stores_.coupons[2].slot = 2;
  EXPECT_TRUE(finds(Breach::duplicate));
}

TEST_F(FaultChecks, TwoPlacesOfAUserAreADuplicateWhereRedisKeptItsMemory) {
  tell(3, "DUPLICATE", 5);
  EXPECT_TRUE(finds(Breach::duplicate));
  circumstances_.redis_forgot = true;
  EXPECT_FALSE(finds(Breach::duplicate));
}

TEST_F(FaultChecks, OnePlaceOfTwoUsersIsADuplicate) {
  told_[2].seq = 2;
  EXPECT_TRUE(finds(Breach::duplicate));
}

TEST_F(FaultChecks, ARowTooManyIsOverIssued) {
  stores_.coupons.push_back({.epoch = 1, .slot = 4, .user = 4, .seq = 4});
  applicants_.insert(4);
  EXPECT_EQ(breaches_found(), (std::vector{Breach::over_issued, Breach::over_issued}));
}

TEST_F(FaultChecks, ACouponOfWhoNeverAppliedIsOverIssued) {
  stores_.coupons[2].user = 9;
  stores_.users.erase(3);
  told_.pop_back();
  EXPECT_EQ(breaches_found(), std::vector{Breach::over_issued});
}

TEST_F(FaultChecks, AdmittedWithoutRoomIsOverIssuedUnlessSomebodyTookIt) {
  stores_.failed.push_back({"OVER_QUOTA", "new", 1, 4, {0, 3}});
  applicants_.insert(4);
  EXPECT_TRUE(finds(Breach::over_issued));
  circumstances_.was_tried_beyond_cap = true;
  EXPECT_FALSE(finds(Breach::over_issued));
  circumstances_ = {
      .redis_forgot = true, .was_tried_beyond_cap = false, .sent = circumstances_.sent};
  EXPECT_FALSE(finds(Breach::over_issued));
}

TEST_F(FaultChecks, AuditMustSeeWhatTheStoresShowAndNothingElse) {
  const auto disagrees = [&](int code) {
    const auto all = verdict(stores_, told_, applicants_, circumstances_, code);
    return std::ranges::count(all, Breach::disagree, &Finding::breach) > 0;
  };
  EXPECT_TRUE(disagrees(audit_violated));
  EXPECT_TRUE(disagrees(3));
  stores_.users[4] = "4|1-1";
  EXPECT_TRUE(disagrees(audit_consistent));
  EXPECT_FALSE(disagrees(audit_violated));
}

TEST(FaultAcknowledged, ReadsWhatApplySays) {
  const auto told = read_told(
      R"({"schema_version":2,"campaign":"c","user":"42","decision":"IN_DOUBT","seq":7,"ack":"kafka","reason":"late"})");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->user, 42);
  EXPECT_EQ(told->decision, "IN_DOUBT");
  EXPECT_EQ(told->seq, 7);
  EXPECT_EQ(told->reason, "late");
  EXPECT_EQ(told->holder(), Holder::nobody);
  EXPECT_EQ(read_told(R"({"user":"1","decision":"SOLD_OUT","seq":null,"ack":"kafka"})")->seq, 0);
  EXPECT_FALSE(read_told("couponctl: warning"));
  EXPECT_FALSE(read_told(R"({"warning":{}})"));
}

TEST(FaultRawStores, RedisHasForgottenWhereNobodyMayBeAdmitted) {
  RawStores stores;
  EXPECT_TRUE(has_forgotten(stores));
  stores.run_id = "one";
  stores.meta = {{"state", "open"}, {"run_id", "one"}, {"seq", "5"}, {"gap", "4"}};
  stores.users = {{1, "5|1-1"}};
  EXPECT_FALSE(has_forgotten(stores));
  stores.meta["gap"] = "3";
  EXPECT_TRUE(has_forgotten(stores));
  stores.meta["gap"] = "4";
  stores.run_id = "another";
  EXPECT_TRUE(has_forgotten(stores));
}

}  // namespace
}  // namespace couponctl::fault
