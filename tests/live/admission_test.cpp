// Does the admission script decide as promised, whatever it is asked and whatever it finds?
#include "issuance/admission.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "live/servers.h"

namespace couponctl::issuance {
namespace {

using core::Decision;
using core::UserId;

class AdmissionTest : public testing::Test {
 protected:
  void open(std::int64_t quota) {
    set("state", "open", "quota", std::to_string(quota), "opens_at", "0", "closes_at", "0", "epoch",
        "3", "run_id", admission_.run_id(), "seq", "0", "gap", "0", "outbox_max", "100");
  }

  template <class... Texts>
  void set(const Texts&... texts) {
    ASSERT_TRUE(command({"HSET", keys_.meta, std::string_view(texts)...}));
  }

  core::Result<redis::Reply> command(std::initializer_list<std::string_view> words) {
    return admission_.client().command(words);
  }

  Admitted admit(const std::vector<std::int64_t>& numbers) {
    std::vector<UserId> users;
    for (const auto number : numbers) users.push_back(UserId{number});
    auto admitted = admission_.admit(campaign_, users);
    EXPECT_TRUE(admitted) << admitted.error().text;
    return *std::move(admitted);
  }

  Decision decide(std::int64_t user) { return admit({user}).answers.at(0).decision; }
  std::string refusal(std::int64_t user) { return admit({user}).unavailable; }

  ~AdmissionTest() override {
    static_cast<void>(command({"UNLINK", keys_.meta, keys_.users, keys_.outbox}));
  }

  static inline int number_ = 0;
  const std::string campaign_ = fmt::format("admission-{}", ++number_);
  const CampaignKeys keys_{campaign_};
  Admission admission_ = *Admission::connect(live::servers().redis);
};

TEST_F(AdmissionTest, AdmitsUpToTheQuotaInOrder) {
  open(3);
  const auto admitted = admit({10, 20, 30, 40});
  EXPECT_EQ(admitted.epoch, 3);
  EXPECT_GT(admitted.at_ms, 1'600'000'000'000);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(admitted.answers[i].decision, Decision::admitted);
    EXPECT_EQ(admitted.answers[i].seq, i + 1);
  }
  EXPECT_EQ(admitted.answers[3].decision, Decision::sold_out);
}

TEST_F(AdmissionTest, TellsAUserTheirFirstPlaceForEver) {
  open(2);
  const auto first = admit({7}).answers[0];
  admit({8});
  for (const auto& again : {admit({7}).answers[0], admit({9, 7}).answers[1]}) {
    EXPECT_EQ(again.decision, Decision::duplicate);
    EXPECT_EQ(again.seq, first.seq);
    EXPECT_EQ(again.entry_id, first.entry_id);
  }
}

TEST_F(AdmissionTest, CountsAUserOnceWhoIsTwiceInOneCall) {
  open(2);
  const auto admitted = admit({5, 5, 6, 5});
  EXPECT_EQ(admitted.answers[0].decision, Decision::admitted);
  EXPECT_EQ(admitted.answers[1].decision, Decision::duplicate);
  EXPECT_EQ(admitted.answers[1].seq, 1);
  EXPECT_EQ(admitted.answers[2].decision, Decision::admitted);
  EXPECT_EQ(admitted.answers[3].entry_id, admitted.answers[0].entry_id);
}

TEST_F(AdmissionTest, CarriesEveryUserIdExactly) {
  open(3);
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  admit({0, largest, 9'007'199'254'740'993});
  const auto outbox = admission_.read_outbox(campaign_, "", 10);
  ASSERT_TRUE(outbox) << outbox.error().text;
  ASSERT_EQ(outbox->size(), 1U);
  std::set<UserId> users;
  for (const auto& winner : outbox->front().winners) {
    users.insert(winner.user);
    EXPECT_EQ(winner.epoch, 3);
    EXPECT_EQ(winner.campaign, campaign_);
  }
  EXPECT_EQ(users, (std::set{UserId{0}, UserId{largest}, UserId{9'007'199'254'740'993}}));
}

TEST_F(AdmissionTest, NeverAdmitsMoreThanTheQuotaUnderConcurrency) {
  open(50);
  std::atomic<int> won = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread)
      threads.emplace_back([&, thread] {
        auto own = *Admission::connect(live::servers().redis);
        for (int i = 0; i < 50; ++i) {
          const UserId user[] = {UserId{thread * 25 + i}};  // half of them overlap
          won += own.admit(campaign_, user)->answers[0].decision == Decision::admitted;
        }
      });
  }
  EXPECT_EQ(won, 50);
  EXPECT_EQ(redis::integer(command({"HLEN", keys_.users})).operator*(), 50);
}

TEST_F(AdmissionTest, JudgesTheWindowByTheServersClock) {
  open(5);
  set("opens_at", "32503680000000");
  EXPECT_EQ(decide(1), Decision::not_open);
  set("opens_at", "0", "closes_at", "1000");
  EXPECT_EQ(decide(1), Decision::closed);
  set("closes_at", "0");
  EXPECT_EQ(decide(1), Decision::admitted);
  set("state", "closed");
  EXPECT_EQ(decide(2), Decision::closed);
  EXPECT_EQ(decide(1), Decision::duplicate) << "who holds a place is told so, also afterwards";
}

TEST_F(AdmissionTest, StopsWhenTheOutboxIsFull) {
  open(100);
  set("outbox_max", "2");
  admit({1}), admit({2});
  EXPECT_EQ(decide(3), Decision::unavailable);
  EXPECT_EQ(refusal(3), "BUSY");
  EXPECT_EQ(decide(1), Decision::duplicate);
  const auto outbox = *admission_.read_outbox(campaign_, "", 10);
  const std::string ids[] = {outbox[0].id, outbox[1].id};
  EXPECT_EQ(*admission_.forget(campaign_, ids), 2);
  EXPECT_EQ(decide(3), Decision::admitted);
}

TEST_F(AdmissionTest, AdmitsNobodyWithoutACampaignOrBehindAFence) {
  EXPECT_EQ(refusal(1), "UNINIT");
  open(5);
  set("run_id", "of-another-life");
  EXPECT_EQ(refusal(1), "FENCED");
  for (const auto* state : {"recovering", "resetting"}) {
    set("run_id", admission_.run_id(), "state", state);
    EXPECT_EQ(decide(1), Decision::unavailable);
  }
  EXPECT_EQ(redis::integer(command({"EXISTS", keys_.users, keys_.outbox})).operator*(), 0);
}

TEST_F(AdmissionTest, CallsAStateThatCannotBeCorrupt) {
  for (const auto* broken : {"abc", "-3", "1e400", "", "1.5", "99999999999999999999"})
    for (const auto* field : {"quota", "seq", "gap", "outbox_max", "opens_at"}) {
      open(5);
      set(field, broken);
      EXPECT_EQ(refusal(1), "CORRUPT") << field << " = " << broken;
    }
  open(5);
  set("seq", "4");
  EXPECT_EQ(refusal(1), "CORRUPT") << "four were admitted and nobody is known";
  EXPECT_EQ(redis::integer(command({"EXISTS", keys_.users, keys_.outbox})).operator*(), 0);
}

TEST_F(AdmissionTest, WhosePlaceCannotBeReadIsInDoubtAndNobodyElseIs) {
  open(5);
  EXPECT_EQ(decide(7), Decision::admitted);
  ASSERT_TRUE(command({"HSET", keys_.users, "7", "by hand"}));
  const auto admitted = admit({6, 7, 8});
  EXPECT_EQ(admitted.answers[0].decision, Decision::admitted);
  EXPECT_EQ(admitted.answers[1].decision, Decision::in_doubt);
  EXPECT_EQ(admitted.answers[2].decision, Decision::admitted);
}

TEST_F(AdmissionTest, WritesNothingWhenAKeyHasTheWrongType) {
  open(5);
  ASSERT_TRUE(command({"RPUSH", keys_.outbox, "x"}));
  EXPECT_EQ(refusal(1), "CORRUPT");
  EXPECT_EQ(redis::integer(command({"EXISTS", keys_.users})).operator*(), 0);
  ASSERT_TRUE(command({"UNLINK", keys_.outbox}));
  ASSERT_TRUE(command({"SADD", keys_.users, "x"}));
  EXPECT_EQ(refusal(1), "CORRUPT");
  ASSERT_TRUE(command({"UNLINK", keys_.meta, keys_.users}));
  ASSERT_TRUE(command({"SET", keys_.meta, "x"}));
  EXPECT_EQ(refusal(1), "CORRUPT");
}

TEST_F(AdmissionTest, LoadsTheScriptAgainWhenTheServerForgotIt) {
  open(5);
  EXPECT_EQ(decide(1), Decision::admitted);
  ASSERT_TRUE(command({"SCRIPT", "FLUSH"}));
  EXPECT_EQ(decide(2), Decision::admitted);
}

TEST_F(AdmissionTest, TakesAsManyUsersInOneCallAsItSays) {
  open(600);
  std::vector<std::int64_t> numbers(admit_users_max);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = std::numeric_limits<std::int64_t>::max() - static_cast<std::int64_t>(i);
  const auto admitted = admit(numbers);
  EXPECT_EQ(std::ranges::count(admitted.answers, Decision::admitted, &Answer::decision), 600);
  EXPECT_EQ(std::ranges::count(admitted.answers, Decision::sold_out, &Answer::decision), 400);
}

}  // namespace
}  // namespace couponctl::issuance
