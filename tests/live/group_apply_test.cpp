// Are callers who are asked about together told what each would be told alone?
#include "issuance/group_apply.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <set>
#include <stdexcept>

#include "core/command_hook.h"
#include "kafka/admin.h"
#include "live/product.h"

namespace couponctl::issuance {
namespace {

using core::Decision;
using core::UserId;
using test::eventually;

// Stops a caller at its first command of that name, until it is told to go on or to fail there.
class Stopped final : public core::CommandHook {
 public:
  explicit Stopped(std::string_view at = "EVALSHA") : at_(at) {}

  void before(const core::Command& command) override {
    if (command.name != at_ || came_) return;
    came_ = true;
    here.count_down();
    if (fails_.get_future().get()) throw std::runtime_error("it ends here");
  }
  bool hears_answers() const override { return false; }
  void go_on(bool fails) { fails_.set_value(fails); }

  std::latch here{1};

 private:
  const std::string_view at_;
  bool came_ = false;
  std::promise<bool> fails_;
};

class GroupApplyTest : public live::Product {
 protected:
  using Told = std::future<Applied>;

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(migrate());
    ASSERT_NO_FATAL_FAILURE(open("sale", 5));
  }

  Told ask(int user, core::CommandHook* hook = nullptr) {
    return std::async(std::launch::async, [this, user, hook] {
      Apply own({.redis = servers().redis, .campaign = "sale", .timeout = timeout_}, via_);
      EXPECT_TRUE(own.prepare());
      const core::HookedCommands hooked(hook);
      return group_.apply(own, UserId{user});
    });
  }

  // Of users who are all asked about in one call, in this order.
  std::vector<Applied> ask_together(const std::vector<int>& users) {
    Stopped first;
    auto alone = ask(1000, &first);
    first.here.wait();
    std::vector<Told> asked;
    for (const auto user : users) {
      asked.push_back(ask(user));
      EXPECT_TRUE(eventually([&] { return group_.waiting() == asked.size(); }));
    }
    first.go_on(false);
    EXPECT_EQ(alone.get().seq, 1);
    std::vector<Applied> told;
    for (auto& one : asked) told.push_back(one.get());
    return told;
  }

  std::int64_t script_calls() {
    const auto text = *redis::text_or_nil(redis().command({"INFO", "commandstats"}));
    const std::string name = "cmdstat_evalsha:calls=";
    const auto at = text->find(name);
    return at == std::string::npos ? 0 : std::stoll(text->substr(at + name.size()));
  }
  std::int64_t outbox() { return *redis::integer(redis().command({"XLEN", keys_.outbox})); }
  std::int64_t places() { return *redis::integer(redis().command({"HLEN", keys_.users})); }
  std::int64_t messages() { return kafka::Admin(servers().kafka).watermarks(topic)->at(0).high; }

  const CampaignKeys keys_{"sale"};
  Handover handover_{{.brokers = servers().kafka, .topic = topic, .linger = {}}};
  Handover* via_ = &handover_;
  std::chrono::milliseconds timeout_{5000};
  GroupApply group_;
};

TEST_F(GroupApplyTest, AsksForThoseWhoWaitInOneCallAndInTheirOrder) {
  const auto calls = script_calls();
  const auto told = ask_together({7, 6, 5, 4, 3, 2});
  EXPECT_EQ(script_calls() - calls, 2) << "one for the first, and one for all others";
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(told[i].user, UserId{7 - static_cast<std::int64_t>(i)});
    EXPECT_EQ(told[i].decision, Decision::queued);
    EXPECT_EQ(told[i].seq, static_cast<std::int64_t>(i) + 2);
  }
  for (std::size_t i = 4; i < 6; ++i) EXPECT_EQ(told[i].decision, Decision::sold_out);
  EXPECT_EQ(messages(), 5);
  EXPECT_EQ(outbox(), 0);
}

TEST_F(GroupApplyTest, GivesOnePlaceToOneUserWhoAsksSeveralTimesAtOnce) {
  const auto told = ask_together({7, 7, 7, 1000});
  EXPECT_EQ(told[0].decision, Decision::queued);
  for (const auto& again : {told[1], told[2]}) {
    EXPECT_EQ(again.decision, Decision::duplicate);
    EXPECT_EQ(again.seq, told[0].seq);
  }
  EXPECT_EQ(told[3].decision, Decision::duplicate);
  EXPECT_EQ(told[3].seq, 1);
}

TEST_F(GroupApplyTest, AsksAgainForThoseWhoseLeaderEnds) {
  Stopped first, leader;
  auto alone = ask(1, &first);
  first.here.wait();
  auto leads = ask(2, &leader);
  EXPECT_TRUE(eventually([&] { return group_.waiting() == 1; }));
  std::vector<Told> others;
  for (const int user : {3, 4}) {
    others.push_back(ask(user));
    EXPECT_TRUE(eventually([&] { return group_.waiting() == others.size() + 1; }));
  }
  first.go_on(false);
  leader.here.wait();
  leader.go_on(true);
  EXPECT_THROW(leads.get(), std::runtime_error);
  EXPECT_EQ(alone.get().seq, 1);
  for (auto& other : others) EXPECT_EQ(other.get().decision, Decision::queued);
  EXPECT_EQ(messages(), 3) << "none of the one who was not asked for";
}

// They have places, and are not told "duplicate" as if somebody else had told them so.
TEST_F(GroupApplyTest, LeavesThoseInDoubtWhoseLeaderEndsAfterRedisHasAnswered) {
  Stopped first, leader("XDEL");
  auto alone = ask(1, &first);
  first.here.wait();
  auto leads = ask(2, &leader);
  EXPECT_TRUE(eventually([&] { return group_.waiting() == 1; }));
  auto other = ask(3);
  EXPECT_TRUE(eventually([&] { return group_.waiting() == 2; }));
  first.go_on(false);
  leader.here.wait();
  leader.go_on(true);
  EXPECT_THROW(leads.get(), std::runtime_error);
  EXPECT_EQ(alone.get().seq, 1);
  const auto told = other.get();
  EXPECT_EQ(told.decision, Decision::in_doubt);
  EXPECT_EQ(told.reason, "it ends here");
  EXPECT_EQ(outbox(), 1) << "of the two, for the relay";
  EXPECT_EQ(ask(4).get().decision, Decision::queued) << "and others are asked about";
}

TEST_F(GroupApplyTest, TellsWhoIsSoldOutWhileOthersWaitForASilentKafka) {
  Handover silent({.brokers = {"127.0.0.1:1"}, .topic = topic, .linger = {}});
  via_ = &silent;
  timeout_ = std::chrono::seconds(10);
  std::vector<Told> winners;
  for (int user = 1; user <= 5; ++user) winners.push_back(ask(user));
  EXPECT_TRUE(eventually([&] { return places() == 5; }));
  EXPECT_EQ(ask(6).get().decision, Decision::sold_out);
  for (auto& winner : winners)
    EXPECT_EQ(winner.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  for (auto& winner : winners) EXPECT_EQ(winner.get().decision, Decision::in_doubt);
}

TEST_F(GroupApplyTest, TellsManyAtOnceWhatEachWouldBeToldAlone) {
  constexpr int callers = 32;
  std::vector<Told> asked;
  for (int i = 0; i < callers; ++i) asked.push_back(ask(i));
  std::set<std::int64_t> places;
  int sold_out = 0;
  for (auto& one : asked) {
    const auto told = one.get();
    if (told.decision == Decision::queued) places.insert(told.seq);
    sold_out += told.decision == Decision::sold_out;
  }
  EXPECT_EQ(places, (std::set<std::int64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(sold_out, callers - 5);
  EXPECT_EQ(messages(), 5);
  EXPECT_EQ(outbox(), 0);
}

}  // namespace
}  // namespace couponctl::issuance
