#include "cli/user_lines.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "cli/usage_error.h"
#include "core/failure.h"
#include "core/handle.h"
#include "support/temporary_directory.h"

namespace couponctl::cli {
namespace {

using namespace std::string_literals;

// A file of that content, read as apply does it.
class UserLinesTest : public testing::Test {
 protected:
  std::vector<std::int64_t> users(const std::string& content, const std::string& column = "") {
    std::ofstream(path_) << content;
    note_.clear();
    std::vector<std::int64_t> numbers;
    for (const auto user :
         read_users({path_, column}, {}, [this](const std::string& text) { note_ = text; }))
      numbers.push_back(core::number(user));
    return numbers;
  }

  // What was taken away, without the file's name.
  std::string taken() const {
    const auto begin = path_ + ": taken away: ";
    return note_.starts_with(begin) ? note_.substr(begin.size()) : note_;
  }

  // What is said of it, without the file's name.
  std::string complaint(const std::string& content, const std::string& column = "") {
    try {
      users(content, column);
    } catch (const core::Failure& failure) {
      hint_ = failure.hint();
      const std::string what = failure.what();
      return what.starts_with(path_) ? what.substr(path_.size()) : what;
    }
    return "accepted";
  }

  const test::TemporaryDirectory directory_;
  const std::string path_ = directory_.path() / "users";
  std::string note_;
  std::string hint_;
};

using Users = std::vector<std::int64_t>;

TEST_F(UserLinesTest, ReadsALineEach) {
  EXPECT_EQ(users("1\n2\n9223372036854775807\n"), (Users{1, 2, 9223372036854775807}));
  EXPECT_EQ(users("1\n2"), (Users{1, 2}));
  EXPECT_EQ(users(""), Users{});
  EXPECT_EQ(note_, "");
}

TEST_F(UserLinesTest, TakesAwayWhatNobodyCanMistakeAndSaysSo) {
  EXPECT_EQ(users("1\n2\n\n"), (Users{1, 2}));
  EXPECT_EQ(taken(), "1 empty line at the end");
  EXPECT_EQ(users("1\r\n2\r\n\r\n"), (Users{1, 2}));
  EXPECT_EQ(taken(), "2 carriage returns, 1 empty line at the end");
  EXPECT_EQ(users("\xef\xbb\xbf"
                  "1\n2\n"),
            (Users{1, 2}));
  EXPECT_EQ(taken(), "1 byte order mark");
  EXPECT_EQ(users(" 1\n2\t\n\"3\"\n'4'\n\" 5 \"\n"), (Users{1, 2, 3, 4, 5}));
  EXPECT_EQ(taken(), "spaces around 3 ids, quotes around 3 ids");
}

TEST_F(UserLinesTest, NamesLineColumnAndWhatCannotBeSeen) {
  const auto range = "a user must be 0..9223372036854775807 "s;
  EXPECT_EQ(complaint("1\n2x\n"), ":2:2: " + range + "(got \"2x\": not a plain decimal number)");
  EXPECT_EQ(complaint("1\n\n2\n"), ":2:1: " + range + "(got \"\": empty)");
  EXPECT_EQ(complaint("1\n 2\xe2\x80\x8b\n"),
            ":2:3: " + range + "(got \"2\\u200b\": not a plain decimal number)");
  EXPECT_EQ(complaint("1\xc2\xa0\n"),
            ":1:2: " + range + "(got \"1\\u00a0\": not a plain decimal number)");
  EXPECT_EQ(complaint("1\n2\xff\n"),
            ":2:2: " + range + "(got \"2\\xff\": not a plain decimal number)");
  EXPECT_EQ(complaint("\x1b[2J1\n"),
            ":1:1: " + range + "(got \"\\x1b[2J1\": not a plain decimal number)");
  EXPECT_EQ(complaint("\"1\n"), ":1:1: " + range + "(got \"\\\"1\": not a plain decimal number)");
  EXPECT_EQ(complaint("007\n"), ":1:1: " + range + "(got \"007\": leading zero)");
  EXPECT_EQ(complaint("\xff\xfe"
                      "1\0\n\0"s),
            ":1:1: this is UTF-16, not UTF-8 (got \"\\xff\\xfe1\\x00\")");
}

TEST_F(UserLinesTest, OffersTheColumnOfATable) {
  complaint("user_id,name\n1,Kim\n");
  EXPECT_NE(hint_.find("--users-column NAME"), std::string::npos) << hint_;
  complaint("1\nabc\n");
  EXPECT_EQ(hint_.find("--users-column"), std::string::npos) << hint_;
}

TEST_F(UserLinesTest, ReadsAColumnOfACsvFile) {
  EXPECT_EQ(users("name,user_id\nKim,1\n\"Lee, \"\"Jo\"\"\",2\n\"two\nlines\",\"3\"\n", "user_id"),
            (Users{1, 2, 3}));
  EXPECT_EQ(note_, "");
  EXPECT_EQ(users("\xef\xbb\xbfuser_id,name\r\n 1 ,Kim\r\n2,\r\n\r\n", "user_id"), (Users{1, 2}));
  EXPECT_EQ(taken(),
            "1 byte order mark, 3 carriage returns, spaces around 1 id, 1 empty line at the end");
}

TEST_F(UserLinesTest, NamesTheColumnsThatThereAre) {
  EXPECT_EQ(complaint("user_id,\"na\x1bme\"\n1,Kim\n", "id"), ":1: there is no column \"id\"");
  EXPECT_EQ(hint_, "Set --users-column to one of \"user_id\", \"na\\x1bme\"");
  EXPECT_EQ(complaint("id;name\n1;Kim\n", "id"),
            ":1: the columns are separated by something else than commas (got \"id;name\")");
  EXPECT_EQ(complaint("id,id\n1,2\n", "id"), ":1: more than one column is called \"id\"");
}

TEST_F(UserLinesTest, NamesWhatIsWrongWithARecord) {
  EXPECT_EQ(complaint("id,name\n1\n", "id"),
            ":2:1: a record must have 2 fields, as the header has (got 1)");
  EXPECT_EQ(complaint("name,id\nKim,x1\n", "id"),
            ":2:5: a user must be 0..9223372036854775807 (got \"x1\": not a plain decimal number)");
  EXPECT_EQ(complaint("name,id\n\"a\nb\",\"1x\"\n", "id"),
            ":3:6: a user must be 0..9223372036854775807 (got \"1x\": not a plain decimal number)");
  EXPECT_EQ(complaint("name,id\nK\"m,1\n", "id"),
            ":2:2: a quote inside a field that does not begin with one");
  EXPECT_EQ(complaint("name,id\n\"Kim\" ,1\n", "id"),
            ":2:6: something stands behind the closing quote");
  EXPECT_EQ(complaint("name,id\n\"Kim,1\n2,3\n", "id"),
            ":2:1: a quote is opened here and not closed");
}

TEST_F(UserLinesTest, FindsTheQuoteThatIsNotClosedWhereItIsOpened) {
  std::string content = "id,name\n1,\"Kim\n";
  for (int i = 0; i < 5; ++i) content += std::string(4000, 'x') + "\n";
  EXPECT_EQ(complaint(content, "id"), ":2:3: a quote is opened here and not closed");
  content = "id,name\n\"\n";  // from here on each line ends a field and begins the next one
  for (int i = 0; i < 20'000; ++i) content += "\",\"\n";
  EXPECT_NE(complaint(content, "id").find("a quote is opened here and not closed"),
            std::string::npos)
      << "a record has a bound, not a field alone";
}

// Nobody knows where the next record begins, or which column is meant.
TEST_F(UserLinesTest, EndsAStreamWhereNothingMoreCanBeUnderstood) {
  const auto long_line = std::string(5000, 'x') + "\n";
  for (const auto& [content, where] : {
           std::pair{"na\"me,id\nKim,1\n"s, "standard input:1:3: "},
           std::pair{"\xff\xfei\nKim,1\n"s, "standard input:1:1: "},
           std::pair{"name,id\n\"a\n" + long_line + "b\",7\n", "standard input:3:1: "},
           std::pair{"name,id\n\"a\n" + std::string(3000, 'x') + "\n" + std::string(4000, 'x') +
                         "\n" + std::string(4000, 'x') + "\n" + std::string(4000, 'x') + "\n" +
                         std::string(4000, 'x') + "\nx,5\n",
                     "standard input:2:1: "},
       }) {
    std::ofstream(path_) << content;
    const core::Handle<std::FILE, std::fclose> file(std::fopen(path_.c_str(), "r"));
    UserLines lines(::fileno(file.get()), {"standard input", "id"}, [](const std::string&) {});
    try {
      const auto users = lines.next(10, {});
      ADD_FAILURE() << users.size() << " users of " << content.substr(0, 20);
    } catch (const UsageError& error) {
      EXPECT_EQ(std::string(error.what()).find(where), 0U) << error.what();
    }
  }
}

TEST_F(UserLinesTest, PassesOverABadLineOfAStreamAndGoesOn) {
  std::ofstream(path_) << "1\n\n\n2\nx\n3\n\n";
  const core::Handle<std::FILE, std::fclose> file(std::fopen(path_.c_str(), "r"));
  std::vector<std::string> complaints;
  UserLines lines(::fileno(file.get()), {"standard input"},
                  [&](const std::string& what) { complaints.push_back(what); });
  Users all;
  for (auto users = lines.next(2, {}); !users.empty(); users = lines.next(2, {}))
    for (const auto user : users) all.push_back(core::number(user));
  EXPECT_EQ(all, (Users{1, 2, 3}));
  EXPECT_EQ(lines.bad_lines(), 2);
  EXPECT_EQ(complaints.at(0).find("standard input:2:1: "), 0U) << complaints.at(0);
  EXPECT_EQ(complaints.at(1).find("standard input:5:1: "), 0U) << complaints.at(1);
  EXPECT_EQ(lines.taken_away().text(), "1 empty line at the end");
}

}  // namespace
}  // namespace couponctl::cli
