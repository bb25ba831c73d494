// Are the bytes of an answer decoded with care, whatever they are?
#include "redis/reply.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "unit/redis_answer.h"

namespace couponctl::redis {
namespace {

using core::Fault;
using Answer = test::RedisAnswer;
using namespace std::string_literals;

constexpr std::string_view all_kinds[] = {":7\r\n",
                                          "$3\r\nabc\r\n",
                                          "+OK\r\n",
                                          "$-1\r\n",
                                          "*0\r\n",
                                          "*2\r\n$1\r\na\r\n:1\r\n",
                                          "*-1\r\n",
                                          "*2\r\n$1\r\na\r\n$1\r\nb\r\n",
                                          "-ERR x\r\n",
                                          "$0\r\n\r\n",
                                          "*1\r\n*1\r\n$-1\r\n"};

TEST(RedisReply, GivesWhatItHolds) {
  EXPECT_EQ(*Answer(":-7\r\n").value().integer(), -7);
  const Answer text("$5\r\na\0b\r\n\r\n"s);
  EXPECT_EQ(*text.value().text(), "a\0b\r\n"s);
  EXPECT_EQ(*Answer("+PONG\r\n").value().text(), "PONG");
  const Answer pairs("*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n$0\r\n\r\n");
  const auto found = *pairs.value().pairs();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], Pair("a", "b"));
  EXPECT_EQ(found[1], Pair("c", ""));
  EXPECT_FALSE(pairs.is_garbled());
  EXPECT_TRUE(Answer("*0\r\n").value().pairs()->empty());
}

// Every kind of answer, asked for as every kind: it is that, or it is garbled, and its client is
// told so.
TEST(RedisReply, OfAnotherTypeIsGarbled) {
  const auto expect = [](const Answer& answer, bool fits, const auto& result) {
    EXPECT_EQ(bool(result), fits);
    EXPECT_EQ(answer.is_garbled(), !fits);
    if (!result) {
      EXPECT_EQ(result.error().fault, Fault::garbled);
    }
  };
  for (const auto bytes : all_kinds) {
    SCOPED_TRACE(bytes);
    const Answer as_integer(bytes);
    expect(as_integer, bytes.starts_with(':'), as_integer.value().integer());
    const Answer as_text(bytes);
    expect(as_text, bytes.starts_with('+') || (bytes.starts_with('$') && bytes[1] != '-'),
           as_text.value().text());
    const bool is_array = bytes.starts_with('*') && bytes[1] != '-';
    const Answer as_array(bytes);
    expect(as_array, is_array, as_array.value().array());
    const Answer as_two(bytes);
    expect(as_two, is_array && bytes[1] == '2', as_two.value().array(2));
    const Answer as_pairs(bytes);
    expect(as_pairs, bytes == "*0\r\n" || bytes.find("$1\r\nb") != std::string_view::npos,
           as_pairs.value().pairs());
  }
}

TEST(RedisReply, ThatIsCutIsNone) {
  for (const auto bytes : all_kinds)
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(Answer(bytes.substr(0, size))) << bytes << " cut after " << size;
}

// No byte that is changed makes it read what is not there.
TEST(RedisReply, WithAnyByteChangedIsReadWithinItsBounds) {
  const auto bytes = "*3\r\n$2\r\nOK\r\n*2\r\n:12\r\n+a\r\n$-1\r\n"s;
  const auto look = [](const Value& value, const auto& self) -> void {
    static_cast<void>(value.integer());
    static_cast<void>(value.text());
    static_cast<void>(value.pairs());
    const auto list = value.array();
    for (std::size_t i = 0; list && i < list->size(); ++i) self((*list)[i], self);
  };
  for (std::size_t at = 0; at < bytes.size(); ++at)
    for (const char other : {'*', '+', '-', ':', '$', '0', '9', '\r', '\n', '\0', 'x'}) {
      auto changed = bytes;
      changed[at] = other;
      if (const Answer answer(changed); answer) look(answer.value(), look);
    }
}

TEST(RedisReply, ThatIsNilIsNoText) {
  const auto none = std::make_shared<bool>(false);
  const auto reply = [&](std::string_view bytes) -> core::Result<Reply> {
    const core::Handle<redisReader, redisReaderFree> reader(redisReaderCreate());
    redisReaderFeed(reader.get(), bytes.data(), bytes.size());
    void* raw = nullptr;
    redisReaderGetReply(reader.get(), &raw);
    return Reply(static_cast<redisReply*>(raw), none);
  };
  EXPECT_EQ(*text_or_nil(reply("$-1\r\n")), std::nullopt);
  EXPECT_EQ(*text_or_nil(reply("$1\r\na\r\n")), "a");
  EXPECT_FALSE(*none);
  EXPECT_FALSE(text(reply("$-1\r\n")));
  EXPECT_TRUE(*none);
}

}  // namespace
}  // namespace couponctl::redis
