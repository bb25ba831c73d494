// Is there a way out of whatever Redis, the database and the topic hold of a campaign, and is it
// the one that is advised?
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <functional>
#include <regex>
#include <sstream>

#include "live/consume.h"

namespace couponctl::live {
namespace {

using issuance::CampaignKeys;
using test::Finished;

constexpr int quota = 8;

class Histories : public Consume {
 public:
  Histories() : Consume(2) {}

  // Five winners of the current epoch: three have coupons, the message of one is still to be read,
  // one is in the outbox.
  void begin() {
    ASSERT_NO_FATAL_FAILURE(open("summer", quota));
    ASSERT_NO_FATAL_FAILURE(apply(1, 3));
    ASSERT_EQ(drain().code, 0);
    ASSERT_NO_FATAL_FAILURE(apply(4, 4));
    ASSERT_EQ(admit("summer", 5, 1), 1);
  }
  // A round that is over, and then the same.
  void begin_second_round() {
    ASSERT_NO_FATAL_FAILURE(open("summer", quota));
    ASSERT_NO_FATAL_FAILURE(apply(1, 4));
    ASSERT_EQ(drain().code, 0);
    ASSERT_EQ(run({"campaign", "close", "summer"}).code, 0);
    ASSERT_EQ(run({"reset-redis", "--campaign", "summer", "--yes"}).code, 0);
    ASSERT_NO_FATAL_FAILURE(begin());
  }

  void sql(const std::string& statement) {
    const auto done = database().execute(statement);
    ASSERT_TRUE(done) << done.error().text;
  }
  void command(std::initializer_list<std::string_view> words) {
    ASSERT_TRUE(redis().command(words));
  }
  void empty_database() {
    for (const auto* table : {"coupon", "failed_event", "kafka_progress", "campaign"})
      sql(std::string("DELETE FROM ") + table);
  }
  // As one that was restored from before the second round.
  void restore_first_round() {
    sql("DELETE FROM coupon WHERE epoch = 2");
    sql("DELETE FROM campaign WHERE epoch = 2");
    sql("UPDATE kafka_progress SET next_off = 0");
  }
  // The same of one that holds no progress on this topic: its consumers go on at the group's
  // offset.
  void restore_first_round_without_progress() {
    ASSERT_NO_FATAL_FAILURE(restore_first_round());
    sql("DELETE FROM kafka_progress");
  }
  // Redis loses the first of the five, too, whose message was read.
  void forget_one() { command({"HDEL", keys.users, "1"}); }
  // What a consumer does that is started in this state.
  void read_on() { EXPECT_EQ(drain().code, 0); }

  const CampaignKeys keys{"summer"};

 protected:
  // The command that the message names: the one with the flag, if it names several.
  static std::vector<std::string> advised(const std::string& err, const std::string& flag) {
    static const std::regex quoted("\"couponctl ([^\"]*)\"");
    std::string found;
    for (auto it = std::sregex_iterator(err.begin(), err.end(), quoted);
         it != std::sregex_iterator(); ++it)
      if (found.empty() || (!flag.empty() && (*it)[1].str().find(flag) != std::string::npos))
        found = (*it)[1].str();
    std::istringstream text(found);
    std::vector<std::string> words;
    for (std::string word; text >> word;)
      words.push_back(word == "N" ? std::to_string(quota) : word);
    return words;
  }

  Finished run_as_typed(std::vector<std::string> words) {
    if (words.front() == "recover") words.insert(words.end(), {"--drain", "0s"});
    if (words.front() == "reset-redis" || words.front() == "replay-failed")
      words.emplace_back("--yes");
    words.insert(words.end(), {"--group", topic});
    return run(words);
  }

  struct Way {
    std::string advice;  // the first command that was advised and taken; "": none was needed
    std::string said;    // by all commands
    std::string log;     // the same, with the commands
  };

  // Runs the command, and whatever it and the next ones advise, until it succeeds.
  Way follow(const std::vector<std::string>& goal, const std::string& flag) {
    constexpr int hops_max = 6;
    Way way;
    auto words = goal;
    for (int hop = 0; hop < hops_max; ++hop) {
      const auto [code, out, err] = run_as_typed(words);
      way.said += err;
      way.log += fmt::format("$ {}\n{}", fmt::join(words, " "), err);
      if (code == 0 && words == goal) return way;
      words = code == 0 ? goal : advised(err, flag);
      if (words.empty()) break;
      if (way.advice.empty()) way.advice = fmt::format("{}", fmt::join(words, " "));
    }
    ADD_FAILURE() << "no way out:\n" << way.log;
    return way;
  }

  std::int64_t holders(int first, int last) {
    return number(
        fmt::format("SELECT COUNT(*) FROM coupon WHERE epoch = (SELECT MAX(epoch) FROM "
                    "campaign) AND user_id BETWEEN {} AND {}",
                    first, last));
  }
};

struct Combination {
  const char* name;
  std::function<void(Histories&)> prepare;
  const char* flag;    // of the way out that is taken where there are several
  const char* advice;  // the first of the commands that are advised; "": none
  int kept;            // of the five winners, who get a coupon of the epoch that is open then
  const char* also = nullptr;  // is said
};

constexpr const char* recover = "recover --campaign summer";
constexpr const char* make_anew = "recover --campaign summer --database-lost";
constexpr const char* forget = "reset-redis --campaign summer --force --confirm summer";

class EveryCombination : public Histories, public testing::WithParamInterface<Combination> {};

TEST_P(EveryCombination, HasAWayOutThatIsAdvised) {
  const auto& [name, prepare, flag, advice, kept, also] = GetParam();
  ASSERT_NO_FATAL_FAILURE(prepare(*this));
  const auto way = follow({"campaign", "open", "summer", "--quota", std::to_string(quota)}, flag);
  EXPECT_EQ(way.advice, advice) << way.log;
  if (also) {
    EXPECT_NE(way.said.find(also), std::string::npos) << way.log;
  }
  // Now it is as if nothing had been: whoever comes wins what is left, and all fits together.
  std::string users;
  for (int user = 11; user <= 30; ++user) users += std::to_string(user) + "\n";
  const auto applied =
      test::couponctl(command_line({"apply", "--campaign", "summer", "--users-from", "-"}), users);
  EXPECT_EQ(applied.code, 0) << applied.err;
  EXPECT_EQ(applied.err.find("warning"), std::string::npos) << applied.err;
  EXPECT_EQ(drain().code, 0);
  const auto audited = follow({"audit", "--campaign", "summer"}, flag);
  EXPECT_EQ(drain().code, 0);
  const auto [code, out, err] = run_as_typed({"audit", "--campaign", "summer"});
  EXPECT_NE(out.find("CONSISTENT"), std::string::npos) << way.log << audited.log << out << err;
  EXPECT_EQ(holders(1, 5), kept) << way.log << audited.log;
  EXPECT_EQ(holders(1, 30), quota) << way.log << audited.log;
  EXPECT_EQ(
      number("SELECT COUNT(*) FROM (SELECT epoch FROM coupon GROUP BY epoch HAVING COUNT(*) > "
             "8) AS beyond"),
      0);
}

const Combination combinations[] = {
    {"EmptyDatabase", [](Histories& h) { h.begin(), h.empty_database(); }, "--database-lost",
     make_anew, 5},
    {"EmptyDatabaseForget", [](Histories& h) { h.begin(), h.empty_database(); }, "--force", forget,
     0},
    {"EmptyDatabaseThatWasReadInto",
     [](Histories& h) { h.begin(), h.empty_database(), h.read_on(); }, "--database-lost", make_anew,
     5},
    {"EmptyDatabaseThatWasReadIntoForget",
     [](Histories& h) { h.begin(), h.empty_database(), h.read_on(); }, "--force", forget, 0},
    {"EmptyDatabaseClosedInRedis",
     [](Histories& h) {
       h.begin();
       EXPECT_EQ(h.run({"campaign", "close", "summer"}).code, 0);
       h.empty_database();
     },
     "--database-lost", make_anew, 5},
    {"EmptyDatabaseUnfinishedRecover",
     [](Histories& h) {
       h.begin(), h.empty_database();
       h.command({"HSET", h.keys.meta, "state", "recovering"});
     },
     "--database-lost", make_anew, 5},
    {"EmptyDatabaseUnfinishedReset",
     [](Histories& h) {
       h.begin(), h.empty_database();
       h.command({"HSET", h.keys.meta, "state", "resetting"});
     },
     "--force", forget, 0},
    {"EmptyDatabaseNoMeta",
     [](Histories& h) {
       h.begin(), h.empty_database();
       h.command({"DEL", h.keys.meta});
     },
     "", recover, 5},
    {"EmptyDatabaseUnreadableMeta",
     [](Histories& h) {
       h.begin(), h.empty_database();
       h.command({"SET", h.keys.meta, "text"});
     },
     "--force", forget, 0},
    {"EmptyDatabaseEmptyRedis",
     [](Histories& h) {
       h.begin(), h.empty_database();
       h.command({"FLUSHDB"});
     },
     "", "", 0, "messages of an earlier campaign summer, up to epoch 1"},
    {"EmptyDatabaseEmptyRedisReadFromTheBeginning",
     [](Histories& h) {
       h.begin(), h.empty_database();
       h.command({"FLUSHDB"});
       const auto read = h.run({"consume", "--until-drained", "--group", h.topic + "_other"});
       EXPECT_NE(
           read.err.find("messages of campaign summer arrive, and the database does not know"),
           std::string::npos)
           << read.err;
     },
     "", "", 0},
    {"EmptyRedis",
     [](Histories& h) {
       h.begin();
       h.command({"FLUSHDB"});
     },
     "", recover, 4},
    {"UnreadableMeta",
     [](Histories& h) {
       h.begin();
       h.command({"SET", h.keys.meta, "text"});
     },
     "", recover, 5},
    {"OlderDatabase", [](Histories& h) { h.begin_second_round(), h.restore_first_round(); },
     "--database-lost", make_anew, 5, "the database knows it up to epoch 1 only"},
    {"OlderDatabaseForget", [](Histories& h) { h.begin_second_round(), h.restore_first_round(); },
     "--force", forget, 0, "the database knows it up to epoch 1 only"},
    {"OlderDatabaseThatWasReadInto",
     [](Histories& h) { h.begin_second_round(), h.restore_first_round(), h.read_on(); },
     "--database-lost", make_anew, 5},
    {"OlderDatabaseEmptyRedis",
     [](Histories& h) {
       h.begin_second_round(), h.restore_first_round();
       h.command({"FLUSHDB"});
     },
     "--database-lost", recover, 4, "messages of campaign summer are of epoch 2"},
    {"OlderDatabaseEmptyRedisForget",
     [](Histories& h) {
       h.begin_second_round(), h.restore_first_round();
       h.command({"FLUSHDB"});
     },
     "--force", recover, 0, "messages of campaign summer are of epoch 2"},
    {"EmptyDatabaseAndOneForgotten",
     [](Histories& h) { h.begin(), h.empty_database(), h.forget_one(); }, "--database-lost",
     make_anew, 5},
    {"EmptyDatabaseThatWasReadIntoAndOneForgotten",
     [](Histories& h) { h.begin(), h.empty_database(), h.forget_one(), h.read_on(); },
     "--database-lost", make_anew, 5},
    {"OlderDatabaseWithoutProgress",
     [](Histories& h) { h.begin_second_round(), h.restore_first_round_without_progress(); },
     "--database-lost", make_anew, 5},
    {"OlderDatabaseWithoutProgressAndOneForgotten",
     [](Histories& h) {
       h.begin_second_round(), h.restore_first_round_without_progress(), h.forget_one();
     },
     "--database-lost", make_anew, 5},
    // All five are on the topic, and were read.
    {"OlderDatabaseWithoutProgressEmptyRedis",
     [](Histories& h) {
       h.begin_second_round(), h.read_on(), h.restore_first_round_without_progress();
       h.command({"FLUSHDB"});
     },
     "--database-lost", recover, 5, "messages of campaign summer are of epoch 2"},
    {"OlderDatabaseWithoutProgressEmptyRedisForget",
     [](Histories& h) {
       h.begin_second_round(), h.read_on(), h.restore_first_round_without_progress();
       h.command({"FLUSHDB"});
     },
     "--force", recover, 0, "messages of campaign summer are of epoch 2"},
    {"NewerDatabase",
     [](Histories& h) {
       h.begin();
       h.sql(
           "INSERT INTO campaign (id, epoch, name, state, quota) SELECT id, 2, name, 'fresh', "
           "quota FROM campaign");
     },
     "", recover, 0},
    {"AnotherQuota",
     [](Histories& h) {
       h.begin();
       h.command({"HSET", h.keys.meta, "quota", "6"});
     },
     "", "campaign set-quota 8 --campaign summer", 5},
    {"AnotherWindow",
     [](Histories& h) {
       h.begin();
       h.sql("UPDATE campaign SET opens_at = 1000, closes_at = 32472144000000");
     },
     "",
     "campaign set-window --opens-at 1970-01-01T00:00:01Z --closes-at 2999-01-01T00:00:00Z "
     "--campaign summer",
     5},
    {"AnotherDatabaseOfTheSameName",
     [](Histories& h) {
       h.begin(), h.empty_database();
       h.sql("INSERT INTO campaign (epoch, name, state, quota) VALUES (1, 'summer', 'open', 8)");
     },
     "", "", 5},
};

INSTANTIATE_TEST_SUITE_P(Stores, EveryCombination, testing::ValuesIn(combinations),
                         [](const auto& each) { return each.param.name; });

TEST_F(Histories, AnEmptyDatabaseIsSaidByWhoeverNotices) {
  ASSERT_NO_FATAL_FAILURE(begin());
  ASSERT_NO_FATAL_FAILURE(empty_database());
  const auto status = run({"status", "--campaign", "summer"});
  EXPECT_NE(status.err.find("--database-lost"), std::string::npos) << status.err;
  const auto audit = run_as_typed({"audit", "--campaign", "summer"});
  EXPECT_EQ(audit.code, 4);
  EXPECT_NE(audit.err.find("Redis holds epoch 1, and the database does not know it"),
            std::string::npos)
      << audit.err;
  EXPECT_NE(audit.err.find("--database-lost"), std::string::npos) << audit.err;
  const auto applied = run({"apply", "--campaign", "summer", "--user", "6"});
  EXPECT_EQ(applied.code, 0);
  EXPECT_NE(applied.err.find("whoever is admitted gets no coupon"), std::string::npos)
      << applied.err;
  const auto drained = drain();
  EXPECT_NE(drained.err.find("messages of campaign summer arrive, and the database does not know"),
            std::string::npos)
      << drained.err;
}

}  // namespace
}  // namespace couponctl::live
