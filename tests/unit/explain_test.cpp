// Are the granted requests that read the same found, and only those?
#include "race/explain.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "report/explanation.h"

namespace couponctl::race {
namespace {

using core::Server;
using core::UserId;
using load::Call;
using load::Outcome;

constexpr std::string_view count_rows = "SELECT COUNT(*) FROM coupon";

HeardCommand select(std::int64_t sent_ns, const std::string& answer) {
  return {.sent_ns = sent_ns,
          .answered_ns = sent_ns + 1,
          .server = Server::mysql,
          .text = std::string(count_rows),
          .reads = std::string(count_rows),
          .answer = answer};
}

HeardCommand insert(std::int64_t sent_ns) {
  return {.sent_ns = sent_ns,
          .answered_ns = sent_ns + 1,
          .server = Server::mysql,
          .text = "INSERT",
          .answer = "1 changed"};
}

// Each worker makes one request, from `sent_ns` on for 100 ns.
struct Requests {
  std::vector<Call> calls;
  std::vector<std::vector<HeardCommand>> heard;

  Requests& asks(std::int64_t sent_ns, const std::string& count, Outcome outcome) {
    const auto worker = static_cast<std::uint16_t>(heard.size());
    calls.push_back({.user = UserId{worker + 1},
                     .sent_ns = sent_ns,
                     .answered_ns = sent_ns + 100,
                     .worker = worker,
                     .outcome = outcome});
    heard.push_back({select(sent_ns + 10, count)});
    if (outcome == Outcome::granted) heard.back().push_back(insert(sent_ns + 50));
    return *this;
  }
  Explanation explained(int requests_max = 8) const {
    return explain(
        [&](const auto& see) {
          for (const auto& call : calls) see(call);
        },
        heard, requests_max);
  }
};

TEST(Explain, FindsTheLargestGroupThatReadTheSame) {
  const auto found = Requests()
                         .asks(0, "0", Outcome::granted)
                         .asks(1, "0", Outcome::granted)
                         .asks(300, "99", Outcome::granted)
                         .asks(301, "99", Outcome::granted)
                         .asks(302, "99", Outcome::granted)
                         .explained();
  EXPECT_EQ(found.requests, 3);
  EXPECT_EQ(found.answer, "99");
  EXPECT_EQ(found.read, count_rows);
  ASSERT_EQ(found.commands.size(), 6U) << "only those of the group";
  const int workers[] = {2, 3, 4, 2, 3, 4};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(found.commands[i].worker, workers[i]);
  EXPECT_EQ(found.commands[0].user, UserId{3});
  EXPECT_EQ(found.commands[3].heard.text, "INSERT");
}

TEST(Explain, TakesTheFirstOfTwoGroupsOfOneSize) {
  const auto found = Requests()
                         .asks(300, "10", Outcome::granted)
                         .asks(301, "10", Outcome::granted)
                         .asks(0, "9", Outcome::granted)
                         .asks(1, "9", Outcome::granted)
                         .explained();
  EXPECT_EQ(found.answer, "9");
}

TEST(Explain, TellsOnlySoManyRequestsAndCountsTheRest) {
  Requests run;
  for (int i = 0; i < 12; ++i) run.asks(i, "0", Outcome::granted);
  const auto found = run.explained(8);
  EXPECT_EQ(found.requests, 12);
  EXPECT_EQ(found.requests_told, 8);
  EXPECT_EQ(found.commands.size(), 16U);
}

TEST(Explain, FindsNothingWhereEachReadItsOwn) {
  const auto found =
      Requests().asks(0, "0", Outcome::granted).asks(200, "1", Outcome::granted).explained();
  EXPECT_EQ(found.requests, 0);
  EXPECT_TRUE(found.commands.empty());
}

TEST(Explain, LeavesOutWhoWasNotGranted) {
  auto refused = Requests().asks(0, "100", Outcome::granted).asks(1, "100", Outcome::granted);
  for (auto& call : refused.calls) call.outcome = Outcome::unknown;
  EXPECT_EQ(refused.explained().requests, 0) << "they have inserted, and nobody knows";
  const auto found = Requests()
                         .asks(0, "100", Outcome::sold_out)
                         .asks(1, "100", Outcome::sold_out)
                         .asks(2, "100", Outcome::unknown)
                         .explained();
  EXPECT_EQ(found.requests, 0);
}

TEST(Explain, TellsTheRequestsOfOneWorkerApart) {
  Requests run;
  run.calls = {{.user = UserId{1}, .sent_ns = 0, .answered_ns = 100, .outcome = Outcome::sold_out},
               {.user = UserId{2}, .sent_ns = 101, .answered_ns = 200, .outcome = Outcome::granted},
               {.user = UserId{3},
                .sent_ns = 101,
                .answered_ns = 200,
                .worker = 1,
                .outcome = Outcome::granted}};
  run.heard = {{select(10, "5"), select(110, "6"), insert(150)}, {select(120, "6"), insert(160)}};
  const auto found = run.explained();
  EXPECT_EQ(found.requests, 2);
  EXPECT_EQ(found.answer, "6");
  EXPECT_EQ(found.commands.size(), 4U);
}

TEST(Explain, TakesTheLastReadThatSomethingFollows) {
  Requests run;
  run.asks(0, "0", Outcome::granted).asks(1, "1", Outcome::granted);
  for (auto& commands : run.heard) commands.push_back(select(90, "2"));  // read and not used
  EXPECT_EQ(run.explained().requests, 0);
}

// A worker that sends this, and is answered.
void sends(core::CommandHook* hook, Server server, std::string_view name,
           std::vector<std::string_view> words, std::string_view answer) {
  hook->before({server, name, words});
  if (!answer.empty()) hook->answered(answer);
}

TEST(CommandLog, KeepsCommandsWithTheirAnswersAndTimes) {
  CommandLog log(2, 100);
  const auto opened_at = std::chrono::steady_clock::now();
  sends(log.hook(1), Server::redis, "INCR", {"INCR", "coupon_count"}, "(integer) 1");
  sends(log.hook(1), Server::kafka, "produce", {"topic", "", "value"}, "");
  const auto heard = log.heard(opened_at);
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_TRUE(heard[0].empty());
  ASSERT_EQ(heard[1].size(), 2U);
  EXPECT_EQ(heard[1][0].text, "INCR coupon_count");
  EXPECT_EQ(heard[1][0].answer, "(integer) 1");
  EXPECT_GE(heard[1][0].sent_ns, 0);
  ASSERT_TRUE(heard[1][0].answered_ns);
  EXPECT_GE(*heard[1][0].answered_ns, heard[1][0].sent_ns);
  EXPECT_FALSE(heard[1][1].answered_ns) << "nobody waits for a message";
  EXPECT_FALSE(log.cut());
}

TEST(CommandLog, KnowsWhatOnlyReads) {
  CommandLog log(1, 100);
  auto* const hook = log.hook(0);
  sends(hook, Server::mysql, "SELECT", {count_rows}, "99");
  sends(hook, Server::mysql, "SELECT", {"SELECT id FROM campaign FOR UPDATE"}, "1");
  sends(hook, Server::mysql, "INSERT", {"INSERT INTO coupon"}, "1 changed");
  sends(hook, Server::redis, "ZRANK", {"ZRANK", "line", "7"}, "(integer) 3");
  sends(hook, Server::redis, "INCR", {"INCR", "coupon_count"}, "(integer) 1");
  const auto heard = log.heard({}).front();
  EXPECT_EQ(heard[0].reads, count_rows);
  EXPECT_EQ(heard[1].reads, "") << "it takes a lock";
  EXPECT_EQ(heard[2].reads, "");
  EXPECT_EQ(heard[3].reads, "ZRANK line") << "whoever asks";
  EXPECT_EQ(heard[4].reads, "");
}

TEST(CommandLog, KeepsNoMoreThanItMayAndSaysSo) {
  CommandLog log(1, 2);
  for (int i = 0; i < 3; ++i)
    sends(log.hook(0), Server::mysql, "SELECT", {count_rows}, std::to_string(i));
  const auto heard = log.heard({}).front();
  ASSERT_EQ(heard.size(), 2U);
  EXPECT_EQ(heard[1].answer, "1") << "the third answer is nobody's";
  EXPECT_TRUE(log.cut());
}

TEST(CommandLog, WritesATriedLockDownOnce) {
  CommandLog log(1, 100);
  for (int i = 0; i < 3; ++i) sends(log.hook(0), Server::none, "LOCK", {}, "");
  sends(log.hook(0), Server::mysql, "SELECT", {count_rows}, "1");
  sends(log.hook(0), Server::none, "LOCK", {}, "");
  EXPECT_EQ(log.heard({}).front().size(), 3U);
  EXPECT_FALSE(log.cut());
}

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string text_of(const Explanation& explanation) {
  return report::explanation_text("naive-ge", explanation, report::Format::table, {});
}

TEST(ExplanationText, DrawsOneRowForEachCommandInOrder) {
  auto found = Requests()
                   .asks(1'000'000, "99", Outcome::granted)
                   .asks(1'000'020, "99", Outcome::granted)
                   .explained();
  found.run = 3;
  const auto text = text_of(found);
  EXPECT_TRUE(holds(text,
                    "naive-ge, run 3: 2 granted requests read the same answer, "
                    "SELECT COUNT(*) FROM coupon → 99.\n"))
      << text;
  EXPECT_TRUE(holds(text, "SENT µs  ANSWERED µs  THREAD  USER  COMMAND")) << text;
  EXPECT_TRUE(holds(text, "  1,000        1,000       0     1  SELECT COUNT(*)")) << text;
  EXPECT_LT(text.rfind("SELECT"), text.find("INSERT")) << "both read before either wrote";
  EXPECT_FALSE(holds(text, "more did"));
}

TEST(ExplanationText, SaysWhatIsMissing) {
  Requests run;
  for (int i = 0; i < 12; ++i) run.asks(i, "0", Outcome::granted);
  auto found = run.explained();
  found.cut = true;
  EXPECT_TRUE(holds(text_of(found), "Here are the first 8, 4 more did."));
  EXPECT_TRUE(holds(text_of(found), "Only the first commands of each thread were kept."));
  EXPECT_TRUE(holds(text_of({}), "no two granted requests read the same answer."));
}

TEST(ExplanationText, GivesProgramsTheSame) {
  const auto found =
      Requests().asks(0, "9", Outcome::granted).asks(1, "9", Outcome::granted).explained();
  const auto json = report::explanation_json(found);
  EXPECT_EQ(json.at("requests"), 2);
  EXPECT_EQ(json.at("answer"), "9");
  EXPECT_EQ(json.at("commands").size(), 4U);
  EXPECT_EQ(json.at("commands").at(0).at("sent_ns"), 10);
  EXPECT_EQ(json.at("commands").at(0).at("server"), "mysql");
  EXPECT_TRUE(report::explanation_json({}).at("answer").is_null());
}

}  // namespace
}  // namespace couponctl::race
