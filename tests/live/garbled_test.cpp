// Does an answer that was garbled or cut on its way ever count as one?
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include "faults/proxy.h"
#include "live/faults.h"

namespace couponctl::live {
namespace {

using core::Fault;
using faults::Proxy;
using test::Child;

// What becomes of an answer's first byte: each type of the protocol, and none. Nothing: it is cut.
constexpr std::optional<char> harms[] = {'x', '+', '-', ':', '$', std::nullopt};

void spoil(Proxy& proxy, const std::string& word, std::optional<char> harm) {
  if (harm)
    proxy.garble_answer(word, *harm);
  else
    proxy.cut_answer(word);
}

std::string name_of(std::optional<char> harm) { return harm ? std::string(1, *harm) : "cut"; }

TEST(Garbled, AnAnswerOfRedisEndsTheConnection) {
  Proxy proxy({"127.0.0.1", servers().redis.port});
  auto address = servers().redis;
  address.host = proxy.address().host;
  address.port = proxy.address().port;
  for (const auto harm : harms) {
    SCOPED_TRACE(name_of(harm));
    auto client = *redis::Client::connect(address, {.command = std::chrono::seconds(1)});
    spoil(proxy, "TIME", harm);
    const auto reply = client.command({"TIME"});
    const auto spoiled = reply ? reply->value().array(2).error() : reply.error();
    EXPECT_TRUE(core::ends_connection(spoiled.fault)) << spoiled.text;
    EXPECT_FALSE(redis::is(spoiled, redis::wrong_type)) << spoiled.text;
    for (int again = 0; again < 2; ++again) {
      const auto later = client.command({"PING"});
      ASSERT_FALSE(later);
      EXPECT_EQ(later.error().fault, Fault::unreachable) << later.error().text;
      EXPECT_EQ(later.error().code, core::Code{});
    }
  }
  EXPECT_EQ(proxy.answers_spoiled(), std::ssize(harms));
}

// A status that looks like an error is none: what it answers was done.
TEST(Garbled, AStatusIsNoRefusal) {
  Proxy proxy({"127.0.0.1", servers().redis.port});
  auto address = servers().redis;
  address.host = proxy.address().host;
  address.port = proxy.address().port;
  auto client = *redis::Client::connect(address);
  proxy.garble_answer("PING", '-');
  const auto reply = client.command({"PING"});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().fault, Fault::garbled) << reply.error().text;
}

// Its first byte is the length of a packet.
TEST(Garbled, AnAnswerOfTheDatabaseEndsTheConnection) {
  Proxy proxy({"127.0.0.1", servers().mysql.port});
  auto address = servers().mysql;
  address.host = proxy.address().host;
  address.port = proxy.address().port;
  address.database.clear();
  for (const std::optional<char> harm :
       {std::optional('\0'), std::optional('\3'), std::optional('x'), std::optional<char>()}) {
    SCOPED_TRACE(harm ? fmt::format("{:#x}", *harm) : "cut");
    auto connection = *mysql::Connection::connect(address, {.read = std::chrono::seconds(1)});
    spoil(proxy, "SELECT 42", harm);
    const auto answer = connection.query_integer("SELECT 42");
    ASSERT_FALSE(answer);
    EXPECT_TRUE(core::ends_connection(answer.error().fault)) << answer.error().text;
    const auto later = connection.query_integer("SELECT 43");
    ASSERT_FALSE(later);
    EXPECT_EQ(later.error().fault, Fault::unreachable) << later.error().text;
    EXPECT_EQ(later.error().code, core::Code{});
  }
  EXPECT_EQ(proxy.answers_spoiled(), 4);
}

class GarbledApply : public Faults {
 protected:
  ~GarbledApply() override { std::filesystem::remove(users_); }

  std::vector<std::string> apply_through(const Proxy& proxy, const std::string& campaign,
                                         std::vector<std::string> more) const {
    more.insert(more.begin(),
                {"apply", "--campaign", campaign, "--output", "json", "--redis",
                 fmt::format("{}/{}", proxy.address().text(), servers().redis.database)});
    return more;
  }

  std::string users_file(int count) {
    std::ofstream file(users_);
    for (int user = 1; user <= count; ++user) file << user << '\n';
    return users_;
  }

  // What each user was told.
  static std::map<std::int64_t, std::string> told(const std::string& lines) {
    std::map<std::int64_t, std::string> decisions;
    std::istringstream text(lines);
    for (std::string line; std::getline(text, line);) {
      const auto object = nlohmann::json::parse(line);
      decisions[std::stoll(object.at("user").get<std::string>())] = object.at("decision");
    }
    return decisions;
  }

  std::set<std::int64_t> known_to_redis(const std::string& campaign) {
    const auto reply = redis().command({"HKEYS", issuance::CampaignKeys(campaign).users});
    const auto list = *reply->value().array();
    std::set<std::int64_t> users;
    for (std::size_t i = 0; i < list.size(); ++i)
      users.insert(std::stoll(std::string(*list[i].text())));
    return users;
  }

  const std::filesystem::path users_ = std::filesystem::path(testing::TempDir()) / topic;
};

TEST_F(GarbledApply, IsAskedAgainAndNobodyWhoIsAdmittedIsToldOtherwise) {
  int number = 0;
  for (const auto harm : harms) {
    SCOPED_TRACE(name_of(harm));
    const auto campaign = fmt::format("spoiled-{}", ++number);
    ASSERT_NO_FATAL_FAILURE(open(campaign, 2500));
    Proxy proxy({"127.0.0.1", servers().redis.port});
    spoil(proxy, "EVALSHA", harm);
    const auto [code, out, err] =
        run(apply_through(proxy, campaign, {"--users-from", users_file(3000)}));
    EXPECT_EQ(code, 0) << err;
    EXPECT_EQ(proxy.answers_spoiled(), 1);
    std::set<std::int64_t> holders;
    std::map<std::string, int> count;
    for (const auto& [user, decision] : told(out)) {
      ++count[decision];
      if (decision != "SOLD_OUT" && decision != "UNAVAILABLE") holders.insert(user);
    }
    // The first thousand were admitted by the call whose answer was spoiled.
    EXPECT_EQ(count, (std::map<std::string, int>{
                         {"DUPLICATE", 1000}, {"QUEUED", 1500}, {"SOLD_OUT", 500}}));
    EXPECT_EQ(holders, known_to_redis(campaign));
  }
}

// The second answer tells nothing of the first one: Redis is fenced by then.
TEST_F(GarbledApply, LeavesTheApplicantInDoubtWhereTheSecondAnswerTellsNothing) {
  ASSERT_NO_FATAL_FAILURE(open("sale", 10));
  Proxy proxy({"127.0.0.1", servers().redis.port});
  proxy.garble_answer("EVALSHA", 'x');
  Child child(faulty("apply.answered:1:stop",
                     apply_through(proxy, "sale", {"--user", "7", "--timeout", "60s"})));
  ASSERT_TRUE(has_stopped(child)) << child.err();
  EXPECT_EQ(proxy.answers_spoiled(), 1);
  const issuance::CampaignKeys keys("sale");
  ASSERT_TRUE(redis().command({"HSET", keys.meta, "run_id", "of-another-life"}));
  child.signal(SIGCONT);
  EXPECT_EQ(child.wait(), 13) << child.err();
  EXPECT_EQ(told(child.out()).at(7), "IN_DOUBT");
  EXPECT_EQ(known_to_redis("sale"), std::set<std::int64_t>{7});
}

}  // namespace
}  // namespace couponctl::live
