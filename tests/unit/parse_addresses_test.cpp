#include "servers/parse.h"

#include <gtest/gtest.h>

#include "core/campaign.h"
#include "servers/wording.h"

namespace couponctl::servers {
namespace {

TEST(ParseRedis, ReadsEveryForm) {
  const auto full = parse_redis("redis://coupon@10.0.0.5:6380/3");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->user, "coupon");
  EXPECT_EQ(full->host, "10.0.0.5");
  EXPECT_EQ(full->port, 6380);
  EXPECT_EQ(full->database, 3);
  EXPECT_EQ(full->where(), "10.0.0.5:6380");
  EXPECT_EQ(parse_redis("h")->port, 6379);
  const auto socket = parse_redis("unix:/run/redis.sock:2");
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->unix_path, "/run/redis.sock");
  EXPECT_EQ(socket->database, 2);
}

TEST(ParseRedis, RefusesWhatItCannotReach) {
  for (const auto* text : {"", ":6379", "h:", "h:0", "h:70000", "h/16", "h/-1", "h/", "h/a",
                           "h/1/2", "unix:", "unix:run", "@h", "a b@h", "rediss://h", "http://h"})
    EXPECT_FALSE(parse_redis(text)) << text;
  EXPECT_NE(parse_redis("rediss://h").error().text.find("no TLS in this build"), std::string::npos);
  EXPECT_FALSE(parse_redis("unix:/" + std::string(107, 'x')));
}

TEST(ParseMysql, ReadsEveryForm) {
  const auto full = parse_mysql("app@db:3307/coupons");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->where(), "app@db:3307");
  EXPECT_EQ(full->database, "coupons");
  EXPECT_EQ(parse_mysql("db")->where(), "root@db:3306");
  EXPECT_EQ(parse_mysql("mysql://app@db:3307/coupons")->where(), "app@db:3307");
  EXPECT_EQ(parse_mysql("mariadb://db/coupons")->database, "coupons");
  EXPECT_EQ(parse_mysql("db")->database, "coupon_example");
  const auto socket = parse_mysql("app@unix:/run/mysql.sock:coupons");
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->unix_socket, "/run/mysql.sock");
  EXPECT_EQ(socket->database, "coupons");
}

TEST(ParseMysql, RefusesWhatItCannotReach) {
  for (const auto* text : {"", "@db", "db:0", "db/", "db/a;DROP", "db/a/b", "unix:x", "mysql://"})
    EXPECT_FALSE(parse_mysql(text)) << text;
  EXPECT_EQ(parse_mysql("postgres://h/db").error().text,
            "must begin with mysql:// or mariadb:// or without a scheme (got \"postgres://\")");
}

TEST(Addresses, NeverRepeatAPassword) {
  for (const auto& error : {parse_redis("redis://user:hunter2@h").error().text,
                            parse_mysql("root:hunter2@h").error().text,
                            parse_mysql("mysql://root:hunter2@h/db").error().text,
                            parse_mysql("mysql://root:a://hunter2@h/db").error().text}) {
    EXPECT_NE(error.find("must not hold a password"), std::string::npos);
    EXPECT_EQ(error.find("hunter2"), std::string::npos);
  }
}

TEST(Wording, IsTheSameForEveryServer) {
  using core::Fault;
  EXPECT_EQ(wording({Fault::unreachable, {}, "redis h:1: connection refused"}),
            "cannot reach Redis at h:1: connection refused");
  EXPECT_EQ(wording({Fault::timeout, {}, "kafka a:1,b:2: no broker answers"}),
            "cannot reach Kafka at a:1,b:2: no broker answers");
  EXPECT_EQ(wording({Fault::unreachable, {}, "mysql root@unix:/s: gone: (error 2006)"}),
            "cannot reach MySQL at root@unix:/s: gone: (error 2006)");
  for (const auto* text : {"kafka producer: queue full", "something else", "redis"})
    EXPECT_EQ(wording({Fault::unreachable, {}, text}), text);
  EXPECT_EQ(wording({Fault::refused, {}, "redis h:1: NOAUTH"}), "redis h:1: NOAUTH");
}

TEST(ParseKafka, ReadsAList) {
  const auto brokers = parse_kafka("a:1,b");
  ASSERT_TRUE(brokers);
  EXPECT_EQ(brokers->brokers, "a:1,b:9092");
  for (const auto* text : {"", "host:", "host:0", ":9092", "h:70000", "a,", ",a", "a,,b", "a b"})
    EXPECT_FALSE(parse_kafka(text)) << text;
}

TEST(CheckCampaign, TakesOnlyWhatIsSafeInAKey) {
  EXPECT_TRUE(core::check_campaign_name("summer-2024_a"));
  EXPECT_TRUE(core::check_campaign_name(std::string(32, 'a')));
  for (const std::string& text :
       {std::string("../x"), std::string("a{b}"), std::string("*"), std::string(), std::string("A"),
        std::string(33, 'a'), std::string("a\0b", 3)})
    EXPECT_FALSE(core::check_campaign_name(text)) << text;
}

}  // namespace
}  // namespace couponctl::servers
