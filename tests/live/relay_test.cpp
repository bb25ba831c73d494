// Whom does the relay hand over, when, and what does it ask of Redis?
#include "issuance/relay.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>

#include "live/product.h"

namespace couponctl::issuance {
namespace {

using core::UserId;
using test::eventually;
using namespace std::chrono_literals;

// Counts the relay's looks at outboxes, by campaign.
class Looks final : public core::CommandHook {
 public:
  void before(const core::Command& command) override {
    if (command.name != "XLEN") return;
    (command.words[1] == CampaignKeys("summer").outbox ? of_summer : of_others) += 1;
  }
  bool hears_answers() const override { return false; }

  std::atomic<int> of_summer = 0;
  std::atomic<int> of_others = 0;
};

class RelayTest : public live::Product {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(migrate());
    ASSERT_NO_FATAL_FAILURE(open("summer", 10));
  }

  // It comes to nothing that is left to whoever asked.
  Relay relay(core::CommandHook* hook = nullptr, std::chrono::milliseconds closed_rest = 1h) const {
    return Relay({.redis = servers().redis,
                  .kafka = servers().kafka,
                  .mysql = servers().mysql,
                  .topic = topic,
                  .grace = 1h,
                  .campaigns_age_max = 20ms,
                  .look_interval = 5ms,
                  .closed_rest = closed_rest,
                  .hook = hook},
                 std::make_shared<spdlog::logger>("quiet"));
  }

  Admission admission_ = *Admission::connect(servers().redis);
};

TEST_F(RelayTest, HandsOverAtOnceWhatIsLeftToItAlsoBehindWhatIsNot) {
  const UserId first[] = {UserId{1}};
  const UserId second[] = {UserId{2}};
  ASSERT_TRUE(admission_.admit("summer", first, HandsOver::asker));
  ASSERT_TRUE(admission_.admit("summer", second, HandsOver::relay));
  auto at_work = relay();
  at_work.activate(true);
  ASSERT_TRUE(eventually([&] { return *admission_.outbox_length("summer") == 1; }));
  const auto left = *admission_.read_outbox("summer", "", 10);
  EXPECT_EQ(left.at(0).winners.at(0).user, UserId{1});
}

TEST_F(RelayTest, LooksAtTheEmptyOutboxOfAClosedCampaignNowAndThenOnly) {
  constexpr int closed = 200;
  for (int id = 1; id <= closed; ++id)
    ASSERT_TRUE(database().execute(
        fmt::format("INSERT INTO campaign (id, epoch, name, state, quota) VALUES ({}, 1, "
                    "'closed{}', 'closed', 10)",
                    1000 + id, id)));
  Looks looks;
  auto at_work = relay(&looks);
  EXPECT_TRUE(eventually([&] { return looks.of_summer >= 10; }));
  EXPECT_EQ(looks.of_others, closed);
}

// `recover` may have put something there.
TEST_F(RelayTest, LooksAgainAtAClosedCampaignAfterItsRest) {
  ASSERT_EQ(run({"campaign", "close", "summer"}).code, 0);
  Looks looks;
  auto at_work = relay(&looks, 1ms);
  EXPECT_TRUE(eventually([&] { return looks.of_summer >= 3; }));
}

TEST_F(RelayTest, ACampaignThatIsOpenAgainRestsNoLonger) {
  ASSERT_EQ(run({"campaign", "close", "summer"}).code, 0);
  auto at_work = relay();
  at_work.activate(true);
  ASSERT_TRUE(eventually([&] { return at_work.outbox_entries() == 0; }));
  ASSERT_TRUE(database().execute("UPDATE campaign SET state = 'open'"));
  ASSERT_TRUE(redis().command({"HSET", CampaignKeys("summer").meta, "state", "open"}));
  const UserId user[] = {UserId{1}};
  ASSERT_TRUE(admission_.admit("summer", user, HandsOver::relay));
  EXPECT_TRUE(eventually([&] { return *admission_.outbox_length("summer") == 0; }));
}

TEST_F(RelayTest, HandsOverWhatAClosedCampaignStillHas) {
  const UserId user[] = {UserId{1}};
  ASSERT_TRUE(admission_.admit("summer", user, HandsOver::relay));
  ASSERT_EQ(run({"campaign", "close", "summer"}).code, 0);
  auto at_work = relay();
  EXPECT_TRUE(eventually([&] { return at_work.outbox_entries() == 1; }));
  at_work.activate(true);
  EXPECT_TRUE(eventually([&] { return at_work.outbox_entries() == 0; }));
}

}  // namespace
}  // namespace couponctl::issuance
