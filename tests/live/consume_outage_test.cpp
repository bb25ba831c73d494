// Does a running `consume` outlive each of its servers? On a stack of its own, whose servers it
// kills.
#include <gtest/gtest.h>

#include <csignal>
#include <optional>

#include "live/consume.h"

namespace couponctl {
namespace {

using namespace std::chrono_literals;
using stack::Server;
using test::Child;
using test::eventually;

std::optional<stack::Stack> own;

class Outage : public live::Consume {
 protected:
  Outage() : Consume(3, live::servers_of(*own)) {}

  static void SetUpTestSuite() { own.emplace(live::start_stack()); }
  static void TearDownTestSuite() { own.reset(); }

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(migrate());
    ASSERT_NO_FATAL_FAILURE(open("summer", 1000));
  }

  bool reaches(std::int64_t rows) {
    return eventually([&] { return coupons() == rows; }, 60s);
  }
  static bool says(const Child& child, const std::string& what) {
    return eventually([&] { return child.err().find(what) != std::string::npos; }, 60s);
  }
  static void stops(Child& child) {
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << child.err();
  }
};

TEST_F(Outage, OfTheDatabaseIsRiddenOut) {
  Child child(words());
  send("summer", 1, 50);
  ASSERT_TRUE(reaches(50)) << child.err();
  ASSERT_TRUE(own->kill(Server::mysql));
  send("summer", 51, 500);
  EXPECT_TRUE(says(child, "database: ")) << child.err();
  ASSERT_TRUE(own->start(Server::mysql));
  EXPECT_TRUE(reaches(550)) << child.err();
  EXPECT_TRUE(says(child, "database: works again")) << child.err();
  reconnect();
  EXPECT_EQ(users(), 550);
  EXPECT_EQ(count("SELECT COUNT(*) FROM failed_event"), 0) << "an outage is no message's fault";
  stops(child);
}

TEST_F(Outage, OfKafkaIsRiddenOut) {
  Child child(words());
  send("summer", 1, 50);
  ASSERT_TRUE(reaches(50)) << child.err();
  ASSERT_TRUE(own->kill(Server::kafka));
  EXPECT_TRUE(says(child, "kafka: ")) << child.err();
  ASSERT_TRUE(own->start(Server::kafka));
  send("summer", 51, 50);
  EXPECT_TRUE(reaches(100)) << child.err();
  EXPECT_TRUE(says(child, "kafka: works again")) << child.err();
  stops(child);
}

TEST_F(Outage, OfRedisStopsOnlyTheRelay) {
  Child child(words());
  send("summer", 1, 50);
  ASSERT_TRUE(reaches(50)) << child.err();
  ASSERT_TRUE(own->kill(Server::redis));
  EXPECT_TRUE(says(child, "relay, redis: ")) << child.err();
  send("summer", 51, 50);
  EXPECT_TRUE(reaches(100)) << child.err();
  ASSERT_TRUE(own->start(Server::redis));
  EXPECT_TRUE(says(child, "relay, redis: works again")) << child.err();
  reconnect();
  ASSERT_TRUE(redis().command({"XADD", issuance::CampaignKeys("summer").outbox, "*", "epoch", "1",
                               "at", "1700000000000", "101", "101"}));
  EXPECT_TRUE(reaches(101)) << child.err();
  stops(child);
}

TEST_F(Outage, AllAtOnceAreRiddenOut) {
  Child child(words());
  send("summer", 1, 50);
  ASSERT_TRUE(reaches(50)) << child.err();
  for (const auto server : {Server::mysql, Server::redis, Server::kafka})
    ASSERT_TRUE(own->kill(server));
  EXPECT_TRUE(says(child, "relay, redis: ")) << child.err();
  for (const auto server : {Server::kafka, Server::redis, Server::mysql})
    ASSERT_TRUE(own->start(server));
  reconnect();
  send("summer", 51, 50);
  EXPECT_TRUE(reaches(100)) << child.err();
  stops(child);
}

// Longer than the group's session, so that the partitions go to the other one meanwhile.
TEST_F(Outage, OfAConsumerThatIsPausedLetsAnotherGoOn) {
  Child first(words());
  send("summer", 1, 50);
  ASSERT_TRUE(reaches(50)) << first.err();
  first.signal(SIGSTOP);
  Child second(words());
  send("summer", 51, 50);
  EXPECT_TRUE(reaches(100)) << second.err();
  first.signal(SIGCONT);
  send("summer", 101, 50);
  EXPECT_TRUE(reaches(150)) << first.err() << second.err();
  EXPECT_EQ(users(), 150);
  stops(first);
  stops(second);
}

TEST_F(Outage, OfTheDatabaseDoesNotKeepItFromStopping) {
  Child child(words());
  send("summer", 1, 50);
  ASSERT_TRUE(reaches(50)) << child.err();
  ASSERT_TRUE(own->kill(Server::mysql));
  send("summer", 51, 50);
  EXPECT_TRUE(says(child, "database: ")) << child.err();
  stops(child);
  ASSERT_TRUE(own->start(Server::mysql));
  reconnect();
  const auto [code, out, err] = drain();
  EXPECT_EQ(code, 0) << err;
  EXPECT_EQ(coupons(), 100);
}

}  // namespace
}  // namespace couponctl
