// Does a file of calls hold all that a run was, and is one that does not taken for what it is?
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/failure.h"
#include "report/history_reader.h"
#include "report/history_writer.h"
#include "support/temporary_directory.h"

namespace couponctl::report {
namespace {

using core::Exit;
using core::UserId;
using load::Call;
using load::Outcome;

class HistoryFile : public testing::Test {
 protected:
  std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path_).rdbuf();
    return out.str();
  }
  void write(const std::string& text) const { std::ofstream(path_) << text; }

  // A run of naive with two calls, one of them without an answer, and one row.
  void add_run(HistoryWriter& writer) const {
    load::History calls;
    load::History::Writer append(calls);
    append.append({.user = UserId{7},
                   .due_ns = 1,
                   .sent_ns = 2,
                   .answered_ns = 3,
                   .number = 4,
                   .worker = 5,
                   .outcome = Outcome::granted});
    append.append({.user = UserId{8}, .outcome = Outcome::unknown});
    append.flush();
    const load::Row rows[] = {{.user = UserId{7}, .durable_at = std::chrono::nanoseconds(9)},
                              {.user = UserId{8}}};
    writer.add({.strategy = "naive",
                .promise = {.one_per_user = true},
                .run = 1,
                .calls = calls,
                .rows = rows,
                .first_error = "OOM",
                .unknown = "not settled"});
  }

  void write_whole(bool interrupted = false) const {
    HistoryWriter writer(path_);
    writer.begin(head());
    add_run(writer);
    add_run(writer);
    writer.end(interrupted);
  }

  static HistoryHead head() {
    return {.command = "couponctl bench \xff",
            .seed = 42,
            .threads = 32,
            .runs = 2,
            .users = "distinct",
            .demand = {.limit = 100, .requests = 2, .users = 2}};
  }

  // Reads all runs; how many there were.
  int runs(HistoryReader& reader) const {
    int count = 0;
    while (reader.next()) ++count;
    return count;
  }

  // What is said of a file that is no history.
  std::pair<Exit, std::string> failure() const {
    try {
      HistoryReader reader(path_, {});
      runs(reader);
    } catch (const core::Failure& error) {
      return {error.exit(), error.what()};
    }
    return {Exit::ok, ""};
  }

  // The same with the first `what` in the file replaced.
  std::string failure_with(const std::string& what, const std::string& by) const {
    write_whole();
    auto changed = text();
    const auto at = changed.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    write(changed.replace(at, what.size(), by));
    const auto [exit, said] = failure();
    EXPECT_EQ(exit, Exit::usage) << said;
    return said;
  }

  test::TemporaryDirectory directory_;
  std::string path_ = (directory_.path() / "calls.jsonl").string();
};

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(HistoryFile, GivesBackWhatWasWritten) {
  write_whole();
  HistoryReader reader(path_, {});
  EXPECT_EQ(reader.head().seed, 42U);
  EXPECT_EQ(reader.head().demand.limit, 100);
  EXPECT_EQ(reader.head().users, "distinct");
  const auto run = reader.next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->strategy, "naive");
  EXPECT_TRUE(run->promise.one_per_user);
  EXPECT_FALSE(run->promise.never_over_quota || run->promise.first_come_first_served);
  EXPECT_EQ(run->first_error, "OOM");
  EXPECT_EQ(run->unsettled, "not settled");
  std::vector<Call> calls;
  run->calls.for_each([&](const Call& call) { calls.push_back(call); });
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].user, UserId{7});
  EXPECT_EQ(calls[0].due_ns, 1);
  EXPECT_EQ(calls[0].sent_ns, 2);
  EXPECT_EQ(calls[0].answered_ns, 3);
  EXPECT_EQ(calls[0].number, 4U);
  EXPECT_EQ(calls[0].worker, 5U);
  EXPECT_EQ(calls[0].outcome, Outcome::granted);
  EXPECT_EQ(calls[1].outcome, Outcome::unknown);
  ASSERT_EQ(run->rows.size(), 2U);
  EXPECT_EQ(run->rows[0].durable_at.count(), 9);
  EXPECT_EQ(run->rows[1].durable_at.count(), 0);
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.cut(), "");
  EXPECT_FALSE(reader.interrupted());
}

TEST_F(HistoryFile, IsJsonLineByLineWithTheNamesThatItPromises) {
  write_whole();
  std::istringstream lines(text());
  std::vector<nlohmann::json> parsed;
  for (std::string line; std::getline(lines, line);) parsed.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(parsed.size(), 12U);
  EXPECT_EQ(parsed[0].at("kind"), "begin");
  EXPECT_EQ(parsed[0].at("schema_version"), 2);
  EXPECT_EQ(parsed[2].at("kind"), "call");
  EXPECT_EQ(parsed[2].at("strategy"), "naive");
  EXPECT_EQ(parsed[2].at("run"), 1);
  EXPECT_EQ(parsed[2].at("user"), "7");
  EXPECT_EQ(parsed[2].at("outcome"), "granted");
  EXPECT_EQ(parsed[3].at("outcome"), "unknown");
  EXPECT_EQ(parsed[4].at("kind"), "row");
  EXPECT_EQ(parsed[4].at("user"), "7");
  EXPECT_EQ(parsed[4].at("durable_ns"), 9);
  EXPECT_TRUE(parsed[5].at("durable_ns").is_null());
  EXPECT_EQ(parsed.back().at("kind"), "end");
  EXPECT_EQ(parsed.back().at("interrupted"), false);
}

TEST_F(HistoryFile, SaysInItsLastLineThatTheRaceWasInterrupted) {
  write_whole(true);
  HistoryReader reader(path_, {});
  EXPECT_EQ(runs(reader), 2);
  EXPECT_TRUE(reader.interrupted());
}

TEST_F(HistoryFile, KeepsWhatIsThereUntilTheRaceBegins) {
  write("older\n");
  HistoryWriter writer(path_);
  EXPECT_EQ(text(), "older\n");
  writer.begin(head());
  EXPECT_FALSE(holds(text(), "older"));
}

TEST_F(HistoryFile, ThatCannotBeOpenedIsToldWithItsNameAndTheCause) {
  const auto said = [](const std::string& path) -> std::string {
    try {
      const HistoryWriter writer(path);
    } catch (const core::Failure& error) {
      EXPECT_EQ(error.exit(), Exit::usage);
      EXPECT_FALSE(error.hint().empty());
      return error.what();
    }
    return "";
  };
  EXPECT_TRUE(holds(said(directory_.path().string()), "Is a directory"));
  const auto nowhere = said((directory_.path() / "no" / "calls.jsonl").string());
  EXPECT_TRUE(holds(nowhere, "/no/calls.jsonl\"")) << nowhere;
  EXPECT_TRUE(holds(nowhere, "No such file or directory")) << nowhere;
}

TEST_F(HistoryFile, ThatHasNoRoomIsToldBeforeTheRace) {
  HistoryWriter writer("/dev/full");
  try {
    writer.begin(head());
    FAIL() << "nothing was said";
  } catch (const core::Failure& error) {
    EXPECT_EQ(error.exit(), Exit::runtime);
    EXPECT_TRUE(holds(error.what(), "/dev/full")) << error.what();
    EXPECT_TRUE(holds(error.what(), "No space left on device")) << error.what();
  }
}

// Wherever it is cut, in the middle of a line or between two.
TEST_F(HistoryFile, ThatWasCutIsNeverTakenForAWholeOne) {
  write_whole();
  const auto whole = text();
  const auto first = whole.find('\n') + 1;
  for (auto size = first; size < whole.size(); ++size) {
    write(whole.substr(0, size));
    HistoryReader reader(path_, {});
    const auto count = runs(reader);
    EXPECT_FALSE(reader.cut().empty()) << "after " << size << " bytes";
    EXPECT_LE(count, 2);
  }
  write(whole.substr(0, first - 1));
  EXPECT_EQ(failure().first, Exit::usage) << "not even a first line";
}

TEST_F(HistoryFile, ThatWasChangedIsToldWithTheLine) {
  EXPECT_TRUE(holds(failure_with("\"kind\":\"call\"", "\"kind\":\"ca"), ":3: no JSON object"));
  EXPECT_TRUE(holds(failure_with("\"granted\"", "\"won\""), ":3: its \"outcome\" is not one of"));
  EXPECT_TRUE(
      holds(failure_with("\"user\":\"7\"", "\"user\":\"-7\""), ":3: its \"user\" is no number"));
  for (const auto* number : {"-7", "1e300", "\"\"", "null"})
    EXPECT_TRUE(holds(failure_with("\"user\":\"7\"", std::string("\"user\":") + number),
                      ":3: its \"user\" is no number"))
        << number;
  EXPECT_TRUE(holds(failure_with("\"sent_ns\":2,", ""), ":3: it has no \"sent_ns\""));
  EXPECT_TRUE(holds(failure_with("\"worker\":5", "\"worker\":65536"), ":3: its \"worker\""));
  EXPECT_TRUE(holds(failure_with("\"calls\":2", "\"calls\":1"), ":4: a row is due"));
  EXPECT_TRUE(holds(failure_with("\"rows\":2", "\"rows\":3"), ":7: a row is due"));
  EXPECT_TRUE(holds(failure_with("\"runs\":2}", "\"runs\":3}"), ":12: it speaks of 3 runs"));
  EXPECT_TRUE(
      holds(failure_with("\"schema_version\":2", "\"schema_version\":3"), ":1: its schema"));
}

TEST_F(HistoryFile, OfTheFirstSchemaIsReadToo) {
  write_whole();
  auto older = text();
  const auto replace = [&](const std::string& what, const std::string& with) {
    for (auto at = older.find(what); at != std::string::npos; at = older.find(what))
      older.replace(at, what.size(), with);
  };
  replace("\"schema_version\":2", "\"schema_version\":1");
  replace("\"user\":\"7\"", "\"user\":7");
  replace("\"user\":\"8\"", "\"user\":8");
  write(older);
  HistoryReader reader(path_, {});
  const auto run = reader.next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->rows.at(0).user, UserId{7});
  EXPECT_EQ(runs(reader), 1);
}

// Beyond what a number of JSON keeps in many readers.
TEST_F(HistoryFile, NamesTheLargestUserAsHeIs) {
  const UserId largest{std::numeric_limits<std::int64_t>::max()};
  HistoryWriter writer(path_);
  writer.begin(head());
  const load::History none;
  const load::Row rows[] = {{.user = largest}};
  writer.add({.strategy = "naive",
              .promise = {},
              .run = 1,
              .calls = none,
              .rows = rows,
              .first_error = "",
              .unknown = ""});
  writer.end(false);
  EXPECT_TRUE(holds(text(), "\"user\":\"9223372036854775807\""));
  HistoryReader reader(path_, {});
  const auto run = reader.next();
  ASSERT_TRUE(run);
  EXPECT_EQ(run->rows.at(0).user, largest);
}

TEST_F(HistoryFile, ThatGoesOnBehindItsLastLineIsNoHistory) {
  write_whole();
  write(text() + "{}\n");
  EXPECT_TRUE(holds(failure().second, ":13: something follows"));
  write_whole();
  write(text() + "{");
  EXPECT_TRUE(holds(failure().second, "something follows"));
}

TEST_F(HistoryFile, ThatCannotBeReadIsNoEmptyOne) {
  path_ = directory_.path().string();
  const auto [exit, said] = failure();
  EXPECT_EQ(exit, Exit::runtime);
  EXPECT_TRUE(holds(said, "Is a directory")) << said;
  path_ += "/no";
  EXPECT_EQ(failure().first, Exit::usage);
}

}  // namespace
}  // namespace couponctl::report
