#include "race/commands.h"

#include <gtest/gtest.h>

#include <vector>

namespace couponctl::race {
namespace {

using core::Server;

struct Kind {
  bool bookkeeping, reads, writes;
  bool operator==(const Kind&) const = default;
};

Kind kind_of(Server server, std::vector<std::string_view> words) {
  const auto name = words.front().substr(0, words.front().find(' '));
  const core::Command command{server, name, words};
  return {is_bookkeeping(command), only_reads(command), writes(command)};
}

constexpr Kind bookkeeping{true, false, false}, read{false, true, false}, write{false, false, true};

TEST(Commands, AreOfOneKindEach) {
  EXPECT_EQ(kind_of(Server::mysql, {"SELECT COUNT(*) FROM coupon"}), read);
  EXPECT_EQ(kind_of(Server::mysql, {"SELECT quota FROM campaign FOR UPDATE"}), write);
  EXPECT_EQ(kind_of(Server::mysql, {"INSERT INTO coupon VALUES (1)"}), write);
  EXPECT_EQ(kind_of(Server::mysql, {"COMMIT"}), write);
  EXPECT_EQ(kind_of(Server::mysql, {"SET autocommit = 0"}), bookkeeping);
  EXPECT_EQ(kind_of(Server::redis, {"SET", "lock", "1", "NX"}), write);
  EXPECT_EQ(kind_of(Server::redis, {"SELECT", "3"}), bookkeeping);
  EXPECT_EQ(kind_of(Server::redis, {"SISMEMBER", "applied_user", "1"}), read);
  EXPECT_EQ(kind_of(Server::redis, {"EVALSHA", "digest", "0"}), write);
  EXPECT_EQ(kind_of(Server::kafka, {"produce"}), write);
  EXPECT_EQ(kind_of(Server::none, {"lock"}), (Kind{false, false, false}));
}

TEST(Commands, AreToldWithoutADigest) {
  const std::vector<std::string_view> words{"EVALSHA", "abc", "1", "coupon_count", "7"};
  EXPECT_EQ(told({Server::redis, "EVALSHA", words}), "EVALSHA coupon_count 7");
  const std::vector<std::string_view> incr{"INCR", "coupon_count"};
  EXPECT_EQ(told({Server::redis, "INCR", incr}), "INCR coupon_count");
}

}  // namespace
}  // namespace couponctl::race
