// Is what Redis holds and answers of a campaign read exactly, or not at all?
#include "issuance/places.h"

#include <gtest/gtest.h>

#include <string>

#include "issuance/admission.h"
#include "unit/redis_answer.h"

namespace couponctl::issuance {
namespace {

using core::Decision;
using core::Fault;
using test::RedisAnswer;

TEST(Places, AUsersFieldIsASeqAndAnEntry) {
  const auto place = parse_place("12|1700000000000-0");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->seq, 12);
  EXPECT_EQ(place->entry_id, "1700000000000-0");
  EXPECT_EQ(format_place(*place), "12|1700000000000-0");
  for (const auto* text :
       {"", "12", "12|", "|1-0", "x|1-0", "-1|1-0", "012|1-0", "1 |1-0", "9223372036854775808|1-0"})
    EXPECT_FALSE(parse_place(text)) << text;
}

TEST(Places, AnOutboxEntryIsReadOrItIsNot) {
  const auto readable = [](const std::vector<redis::Pair>& fields) {
    return !parse_entry("sale", "1-0", fields).winners.empty();
  };
  EXPECT_TRUE(readable({{"epoch", "2"}, {"at", "1"}, {"7", "1"}}));
  EXPECT_FALSE(readable({{"epoch", "2"}, {"at", "1"}}));
  EXPECT_FALSE(readable({{"at", "1"}, {"7", "1"}}));
  EXPECT_FALSE(readable({{"epoch", "2"}, {"7", "1"}}));
  EXPECT_FALSE(readable({{"7", "1"}, {"epoch", "2"}, {"at", "1"}}));
  EXPECT_FALSE(readable({{"epoch", "2"}, {"at", "1"}, {"seven", "1"}}));
  EXPECT_FALSE(readable({{"epoch", "2"}, {"at", "1"}, {"-7", "1"}}));
  EXPECT_FALSE(readable({{"epoch", "2"}, {"at", "1"}, {"7", "one"}}));
  EXPECT_FALSE(readable({{"epoch", "2"}, {"at", "1"}, {"7", "1"}, {"8", "1e400"}}));
  EXPECT_FALSE(readable({{"epoch", "2"}, {"at", "1"}, {"relay", "yes"}, {"7", "1"}}));
  EXPECT_FALSE(readable({}));
}

TEST(Places, AnOutboxEntrySaysWhetherTheRelayIsToHandItOver) {
  const auto entry = [](const std::vector<redis::Pair>& fields) {
    return parse_entry("sale", "1-0", fields);
  };
  EXPECT_TRUE(entry({{"epoch", "2"}, {"at", "1"}, {"relay", "1"}, {"7", "1"}}).is_for_relay);
  EXPECT_FALSE(entry({{"epoch", "2"}, {"at", "1"}, {"relay", "0"}, {"7", "1"}}).is_for_relay);
  EXPECT_FALSE(entry({{"epoch", "2"}, {"at", "1"}, {"7", "1"}}).is_for_relay);
  EXPECT_EQ(entry({{"epoch", "2"}, {"at", "1"}, {"relay", "1"}, {"7", "3"}}).winners.at(0).seq, 3);
}

std::string text(std::string_view content) {
  return "$" + std::to_string(content.size()) + "\r\n" + std::string(content) + "\r\n";
}

// The script's answer, each of the parts in the protocol's own bytes.
std::string answer(const std::vector<std::string>& parts) {
  auto bytes = "*" + std::to_string(parts.size()) + "\r\n";
  for (const auto& part : parts) bytes += part;
  return bytes;
}

constexpr std::size_t users = 3;

std::vector<std::string> sound() {
  return {text("OK"), text("5-0"),   ":1\r\n", ":1700000000000\r\n",
          ":4\r\n",   text("2|3-0"), ":0\r\n"};
}

TEST(Answers, TellEachUser) {
  const RedisAnswer given(answer(sound()));
  const auto admitted = read_answers(given.value(), users);
  ASSERT_TRUE(admitted) << admitted.error().text;
  EXPECT_EQ(admitted->epoch, 1);
  EXPECT_EQ(admitted->at_ms, 1700000000000);
  EXPECT_EQ(admitted->answers[0].decision, Decision::admitted);
  EXPECT_EQ(admitted->answers[0].seq, 4);
  EXPECT_EQ(admitted->answers[0].entry_id, "5-0");
  EXPECT_EQ(admitted->answers[1].decision, Decision::duplicate);
  EXPECT_EQ(admitted->answers[1].seq, 2);
  EXPECT_EQ(admitted->answers[1].entry_id, "3-0");
  EXPECT_EQ(admitted->answers[2].decision, Decision::sold_out);
  EXPECT_TRUE(admitted->places_known);
}

TEST(Answers, TellOthersWhatIsKnownWhenOnePlaceCannotBeRead) {
  auto parts = sound();
  parts[5] = text("2;3-0");
  const RedisAnswer given(answer(parts));
  const auto admitted = read_answers(given.value(), users);
  ASSERT_TRUE(admitted);
  EXPECT_EQ(admitted->answers[0].decision, Decision::admitted);
  EXPECT_EQ(admitted->answers[1].decision, Decision::in_doubt);
  EXPECT_EQ(admitted->answers[2].decision, Decision::sold_out);
}

TEST(Answers, OfAScriptThatDidNotLookSayNothingOfPlaces) {
  for (const auto* verdict : {"UNINIT", "FENCED", "CORRUPT", "RECOVERING", "RESETTING"}) {
    const RedisAnswer given(answer({text(verdict)}));
    const auto admitted = read_answers(given.value(), users);
    ASSERT_TRUE(admitted) << verdict;
    EXPECT_EQ(admitted->unavailable, verdict);
    EXPECT_EQ(admitted->answers.size(), users);
    EXPECT_FALSE(admitted->places_known);
  }
}

// Nobody is refused or admitted by an answer that the script does not give.
TEST(Answers, OfAnotherShapeAreGarbled) {
  const auto changed = [](std::size_t at, std::string part) {
    auto parts = sound();
    parts[at] = std::move(part);
    return answer(parts);
  };
  auto longer = sound();
  longer.emplace_back(":0\r\n");
  auto shorter = sound();
  shorter.pop_back();
  const std::string odd[] = {answer({}),
                             answer({text("OK")}),
                             answer({text("WHATEVER")}),
                             answer({":1\r\n"}),
                             answer(longer),
                             answer(shorter),
                             changed(0, text("FENCED")),
                             changed(0, ":1\r\n"),
                             changed(0, "$-1\r\n"),
                             changed(0, text("CLOSED")),
                             changed(1, ":5\r\n"),
                             changed(1, text("")),
                             changed(2, text("1")),
                             changed(3, "$-1\r\n"),
                             changed(4, ":-4\r\n"),
                             changed(4, "$-1\r\n"),
                             changed(5, "*0\r\n"),
                             changed(6, "-ERR x\r\n"),
                             ":4\r\n",
                             "+OK\r\n",
                             "$-1\r\n"};
  for (const auto& bytes : odd) {
    const RedisAnswer given(bytes);
    ASSERT_TRUE(given) << bytes;
    const auto admitted = read_answers(given.value(), users);
    ASSERT_FALSE(admitted) << bytes;
    EXPECT_EQ(admitted.error().fault, Fault::garbled) << bytes;
    EXPECT_TRUE(given.is_garbled()) << bytes;
  }
}

}  // namespace
}  // namespace couponctl::issuance
