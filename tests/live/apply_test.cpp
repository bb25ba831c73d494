// Is each applicant told the truth, in words, in JSON and by the exit code?
#include "issuance/apply.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <map>
#include <sstream>

#include "core/java_long.h"
#include "kafka/consumer.h"
#include "live/product.h"
#include "support/broken_input.h"

namespace couponctl::live {
namespace {

using test::Finished;

class ApplyTest : public Product {
 protected:
  void SetUp() override {
    migrate();
    open("sale", 3);
  }

  Finished apply(std::vector<std::string> words, const std::string& input = "") {
    words.insert(words.begin(), {"apply", "--campaign", "sale", "--output", "json"});
    return test::couponctl(command_line(words), input);
  }

  // apply --users-from - with that behind bash's `<`.
  std::vector<std::string> fed_from(const std::string& input) {
    std::vector<std::string> words{"/bin/bash", "-c", "exec \"$@\" <" + input, "bash",
                                   COUPONCTL_BINARY};
    for (const auto& word :
         command_line({"apply", "--campaign", "sale", "--output", "json", "--users-from", "-"}))
      words.push_back(word);
    return words;
  }

  static std::vector<nlohmann::json> lines(const Finished& finished) {
    std::vector<nlohmann::json> objects;
    std::istringstream text(finished.out);
    for (std::string line; std::getline(text, line);)
      objects.push_back(nlohmann::json::parse(line));
    return objects;
  }

  std::int64_t outbox() {
    return *redis::integer(redis().command({"XLEN", issuance::CampaignKeys("sale").outbox}));
  }
};

TEST_F(ApplyTest, EndsWithACodeForEachDecision) {
  EXPECT_EQ(apply({"--user", "1"}).code, 0);
  const auto again = apply({"--user", "1"});
  EXPECT_EQ(again.code, 10);
  EXPECT_EQ(lines(again).at(0).at("decision"), "DUPLICATE");
  EXPECT_EQ(lines(again).at(0).at("seq"), 1);
  EXPECT_EQ(apply({"--user", "2"}).code, 0);
  EXPECT_EQ(apply({"--user", "0"}).code, 0);
  const auto late = apply({"--user", "4"});
  EXPECT_EQ(late.code, 11);
  EXPECT_TRUE(lines(late).at(0).at("seq").is_null());
  EXPECT_EQ(run({"campaign", "close", "sale"}).code, 0);
  EXPECT_EQ(apply({"--user", "5"}).code, 12);
  EXPECT_EQ(apply({"--user", "1"}).code, 10);
}

TEST_F(ApplyTest, SaysWhichCommandOpensACampaign) {
  const auto finished = run({"apply", "--user", "1", "--campaign", "nobody-opened-it"});
  EXPECT_EQ(finished.code, 2);
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(finished.err,
            "couponctl apply: there is no campaign nobody-opened-it. Run \"couponctl campaign open "
            "nobody-opened-it --quota N\"\n");
}

TEST_F(ApplyTest, SaysTheSameOfANameThatIsWrongAsEveryOtherCommand) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"apply", "--user", "1"},
                                                                 {"status"},
                                                                 {"audit"},
                                                                 {"campaign", "show"},
                                                                 {"campaign", "close"},
                                                                 {"recover", "--drain", "0s"},
                                                                 {"reset-redis"}}) {
    auto line = words;
    line.insert(line.end(), {"--campaign", "nope"});
    const auto finished = run(line);
    EXPECT_EQ(finished.code, 2) << words.front();
    EXPECT_NE(finished.err.find("there is no campaign nope. Run \"couponctl campaign open nope "
                                "--quota N\""),
              std::string::npos)
        << finished.err;
  }
}

// Redis alone cannot tell a campaign that it has forgotten from one that never was.
TEST_F(ApplyTest, TellsAForgottenCampaignFromOneThatNeverWasAsFarAsTheDatabaseKnows) {
  ASSERT_TRUE(redis().command({"FLUSHDB"}));
  const auto forgotten = apply({"--user", "1"});
  EXPECT_EQ(forgotten.code, 3);
  EXPECT_EQ(lines(forgotten).at(0).at("reason"), "UNINIT");
  EXPECT_NE(forgotten.err.find("couponctl recover --campaign sale"), std::string::npos)
      << forgotten.err;
  ASSERT_TRUE(database().execute("UPDATE campaign SET state = 'fresh'"));
  const auto fresh = apply({"--user", "1"});
  EXPECT_EQ(fresh.code, 3);
  EXPECT_NE(fresh.err.find("not open yet"), std::string::npos) << fresh.err;
  const auto unknown = apply({"--user", "1", "--mysql", "root@127.0.0.1:1/none"});
  EXPECT_EQ(unknown.code, 3);
  EXPECT_NE(unknown.err.find("the database did not answer"), std::string::npos) << unknown.err;
}

TEST_F(ApplyTest, NamesATopicThatIsMissing) {
  auto words = command_line({"apply", "--campaign", "sale", "--user", "1", "--timeout", "500ms"});
  *(std::ranges::find(words, "--topic") + 1) = "nobody_made_it";
  const auto [code, out, err] = test::couponctl(words);
  EXPECT_EQ(code, 13) << err;
  EXPECT_NE(err.find("there is no topic 'nobody_made_it'"), std::string::npos) << err;
  EXPECT_NE(err.find("--create --topic nobody_made_it"), std::string::npos) << err;
  EXPECT_EQ(outbox(), 1) << "the place is kept";
}

TEST_F(ApplyTest, WarnsOfADatabaseThatDoesNotKnowTheCampaign) {
  ASSERT_TRUE(database().execute("DELETE FROM campaign"));
  const auto admitted = apply({"--user", "1"});
  EXPECT_EQ(admitted.code, 0);
  EXPECT_NE(admitted.err.find("whoever is admitted gets no coupon"), std::string::npos)
      << admitted.err;
  const auto silent = apply({"--user", "2", "--mysql", "root@127.0.0.1:1/none"});
  EXPECT_EQ(silent.code, 0);
  EXPECT_EQ(silent.err, "");
}

TEST_F(ApplyTest, AdmitsNobodyWhenRedisIsNotTheOneThatTheCampaignWasOpenedOn) {
  ASSERT_TRUE(
      redis().command({"HSET", issuance::CampaignKeys("sale").meta, "run_id", "of-another-life"}));
  const auto finished = apply({"--user", "1"});
  EXPECT_EQ(finished.code, 3);
  EXPECT_EQ(lines(finished).at(0).at("decision"), "UNAVAILABLE");
  EXPECT_EQ(lines(finished).at(0).at("reason"), "FENCED");
  EXPECT_NE(finished.err.find("couponctl recover"), std::string::npos) << finished.err;
}

TEST_F(ApplyTest, TellsAThousandUsersAndLeavesNoOutbox) {
  std::ostringstream input;
  for (int user = 1; user <= 1000; ++user) input << user << '\n';
  const auto finished = apply({"--users-from", "-"}, input.str());
  EXPECT_EQ(finished.code, 0) << finished.err;
  std::map<std::string, int> count;
  for (const auto& line : lines(finished)) ++count[line.at("decision")];
  EXPECT_EQ(count, (std::map<std::string, int>{{"QUEUED", 3}, {"SOLD_OUT", 997}}));
  EXPECT_EQ(outbox(), 0);
}

TEST_F(ApplyTest, PassesOverABadLineAndSaysSo) {
  const auto finished = apply({"--users-from", "-"}, "1\nabc\r\n2\r\n");
  EXPECT_EQ(finished.code, 2);
  EXPECT_EQ(lines(finished).size(), 2U);
  EXPECT_NE(finished.err.find("standard input:2:1: "), std::string::npos) << finished.err;
}

TEST_F(ApplyTest, ReadsAColumnOfACsvFileAndSaysWhatItTookAway) {
  const auto finished = apply({"--users-from", "-", "--users-column", "user_id"},
                              "name,user_id\r\n\"Lee, Jo\",1\r\nKim, 2\r\n");
  EXPECT_EQ(finished.code, 0) << finished.err;
  const auto told = lines(finished);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told.at(0).at("user"), "1");
  EXPECT_EQ(told.at(1).at("user"), "2");
  EXPECT_NE(finished.err.find("taken away: 3 carriage returns, spaces around 1 id"),
            std::string::npos)
      << finished.err;
}

TEST_F(ApplyTest, AdmitsNobodyForHalfALineBeforeAConnectionBreaks) {
  test::BrokenInput input("1\n23");
  test::Child child(fed_from(fmt::format("/dev/tcp/127.0.0.1/{}", input.port())));
  ASSERT_TRUE(input.accept());
  ASSERT_TRUE(test::eventually([&] { return child.out().find("QUEUED") != std::string::npos; }));
  input.reset();
  EXPECT_EQ(child.wait(), 1) << child.err();
  EXPECT_NE(child.err().find("1 user: 1 QUEUED"), std::string::npos) << child.err();
  EXPECT_NE(child.err().find("after line 1: Connection reset by peer"), std::string::npos)
      << child.err();
  EXPECT_EQ(field("sale", "seq"), "1") << child.out();
}

TEST_F(ApplyTest, FailsWhenStandardInputCannotBeRead) {
  for (const auto* input : {"/", "&-"}) {
    test::Child child(fed_from(input));
    EXPECT_EQ(child.wait(), 1) << input << child.err();
    EXPECT_NE(child.err().find("cannot read standard input after line 0"), std::string::npos)
        << input << child.err();
  }
}

TEST_F(ApplyTest, PutsAJavaLongWithItsHeadersOnTheTopic) {
  ASSERT_EQ(apply({"--user", "8000"}).code, 0);
  kafka::Consumer consumer({.brokers = servers().kafka, .group = topic, .topic = topic});
  std::optional<kafka::Message> message;
  ASSERT_TRUE(test::eventually([&] {
    auto polled = consumer.poll(std::chrono::milliseconds(100));
    if (polled && *polled) message = **std::move(polled);
    return message.has_value();
  }));
  EXPECT_EQ(core::decode_long(message->value().value_or("")), 8000);
  EXPECT_EQ(message->key(), "8000");
  EXPECT_EQ(message->header("campaign"), "sale");
  EXPECT_EQ(message->header("epoch"), "1");
  EXPECT_EQ(message->header("seq"), "1");
  EXPECT_TRUE(message->header("admitted_at"));
}

TEST_F(ApplyTest, LeavesTheHandOverToTheRelayWhenOnlyRedisIsAsked) {
  const auto admitted = apply({"--user", "1", "--ack", "redis"});
  EXPECT_EQ(admitted.code, 0) << admitted.err;
  EXPECT_EQ(lines(admitted).at(0).at("decision"), "ADMITTED");
  EXPECT_EQ(outbox(), 1);
  EXPECT_EQ(apply({"--user", "1"}).code, 10);
  EXPECT_EQ(outbox(), 0) << "a retry hands over what nobody had handed over";
}

// Though batches are handed over side by side.
TEST_F(ApplyTest, AdmitsThoseOfAStreamInItsOrder) {
  ASSERT_NO_FATAL_FAILURE(open("crowd", 12'500));
  std::string input;
  for (int user = 20'000; user > 0; --user) input += std::to_string(user) + "\n";
  const auto told = lines(test::couponctl(
      command_line({"apply", "--campaign", "crowd", "--output", "json", "--users-from", "-"}),
      input));
  ASSERT_EQ(told.size(), 20'000U);
  for (int i = 0; i < 20'000; ++i) {
    const auto& line = told[static_cast<std::size_t>(i)];
    ASSERT_EQ(line.at("user"), std::to_string(20'000 - i));
    ASSERT_EQ(line.at("decision"), i < 12'500 ? "QUEUED" : "SOLD_OUT");
    ASSERT_EQ(line.at("seq"), i < 12'500 ? nlohmann::json(i + 1) : nlohmann::json());
  }
}

TEST_F(ApplyTest, IsInDoubtWithoutKafkaAndKeepsThePlace) {
  const auto doubtful = apply({"--user", "1", "--kafka", "127.0.0.1:1", "--timeout", "500ms"});
  EXPECT_EQ(doubtful.code, 13) << doubtful.err;
  EXPECT_EQ(lines(doubtful).at(0).at("decision"), "IN_DOUBT");
  EXPECT_EQ(outbox(), 1);
  EXPECT_EQ(apply({"--user", "1"}).code, 10);
  EXPECT_EQ(outbox(), 0);
}

TEST_F(ApplyTest, WaitsNoLongerThanItIsToldForRoomInAFullQueue) {
  open("crowd", 30);
  std::ostringstream input;
  for (int user = 1; user <= 30; ++user) input << user << '\n';
  const auto began = std::chrono::steady_clock::now();
  const auto doubtful = test::couponctl(
      command_line({"apply", "--campaign", "crowd", "--output", "json", "--users-from", "-",
                    "--timeout", "1s", "--kafka", "127.0.0.1:1", "--kafka-property",
                    "queue.buffering.max.messages=10"}),
      input.str());
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
  EXPECT_EQ(doubtful.code, 13) << doubtful.err;
  EXPECT_EQ(lines(doubtful).size(), 30U);
  for (const auto& line : lines(doubtful)) EXPECT_EQ(line.at("decision"), "IN_DOUBT") << line;
}

TEST_F(ApplyTest, KeepsAnEntryOfManyWhoseOthersAreNotAcknowledged) {
  ASSERT_EQ(apply({"--users-from", "-", "--ack", "redis"}, "1\n2\n").code, 0);
  ASSERT_EQ(outbox(), 1);
  EXPECT_EQ(apply({"--user", "1"}).code, 10);
  EXPECT_EQ(outbox(), 1) << "user 2's message has not been sent";
  EXPECT_EQ(apply({"--users-from", "-"}, "1\n2\n").code, 0);
  EXPECT_EQ(outbox(), 0);
}

TEST_F(ApplyTest, WaitsForTheRowWhenTheLedgerIsAsked) {
  test::Child consumer([&] {
    auto words = command_line({"consume"});
    words.insert(words.begin(), COUPONCTL_BINARY);
    return words;
  }());
  const auto issued = apply({"--user", "1", "--ack", "ledger", "--timeout", "30s"});
  EXPECT_EQ(issued.code, 0) << issued.err << consumer.err();
  EXPECT_EQ(lines(issued).at(0).at("decision"), "ISSUED");
  EXPECT_EQ(number("SELECT COUNT(*) FROM coupon WHERE user_id = 1"), 1);
  consumer.signal(SIGTERM);
  EXPECT_EQ(consumer.wait(), 0) << consumer.err();
}

TEST_F(ApplyTest, IsInDoubtWithoutARowInTime) {
  const auto doubtful = apply({"--user", "1", "--ack", "ledger", "--timeout", "2s"});
  EXPECT_EQ(doubtful.code, 13);
  EXPECT_EQ(lines(doubtful).at(0).at("reason"), "no row within 2s");
}

}  // namespace
}  // namespace couponctl::live
