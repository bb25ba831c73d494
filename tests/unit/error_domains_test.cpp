// Can a number of one library or server be taken for another's?
#include <errmsg.h>
#include <gtest/gtest.h>

#include <concepts>

#include "kafka/client.h"
#include "mysql/errors.h"
#include "redis/client.h"
#include "servers/exit.h"

namespace couponctl {
namespace {

using core::Code;
using core::Domain;
using core::Error;
using core::Fault;

constexpr Domain domains[] = {Domain::none,        Domain::hiredis,      Domain::redis,
                              Domain::librdkafka,  Domain::kafka_broker, Domain::mysql_client,
                              Domain::mysql_server};

Error error_of(Domain domain, int value) { return {Fault::refused, {domain, value}, ""}; }

// A code that could be compared to a number would sooner or later be compared to a wrong one.
template <class T>
concept ComparesTo = requires(Code code, T number) {
  code == number;
};
static_assert(std::equality_comparable<Code>);
static_assert(!ComparesTo<int> && !ComparesTo<unsigned> && !ComparesTo<redis::ErrorCode> &&
              !ComparesTo<rd_kafka_resp_err_t>);
static_assert(!std::convertible_to<int, Code> && !std::convertible_to<Code, int>);

TEST(ErrorDomains, AProtocolErrorOfHiredisIsNoKeyOfTheWrongType) {
  static_assert(REDIS_ERR_PROTOCOL == static_cast<int>(redis::wrong_type));
  EXPECT_TRUE(redis::is(error_of(Domain::redis, REDIS_ERR_PROTOCOL), redis::wrong_type));
  EXPECT_FALSE(redis::is(error_of(Domain::hiredis, REDIS_ERR_PROTOCOL), redis::wrong_type));
}

TEST(ErrorDomains, AnAnswerOfRedisIsOnlyOfRedis) {
  for (const auto domain : domains)
    for (const auto code : {redis::no_script, redis::no_auth, redis::no_permission,
                            redis::wrong_type, redis::not_ready})
      EXPECT_EQ(redis::is(error_of(domain, static_cast<int>(code)), code), domain == Domain::redis);
}

TEST(ErrorDomains, ABrokersCodeIsNotLibrdkafkas) {
  const auto of_broker = kafka::error_of(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "");
  const auto local = kafka::error_of(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, "");
  EXPECT_EQ(of_broker.code.domain, Domain::kafka_broker);
  EXPECT_EQ(local.code.domain, Domain::librdkafka);
  for (const auto domain : domains) {
    EXPECT_EQ(
        kafka::is(error_of(domain, of_broker.code.value), RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART),
        domain == Domain::kafka_broker);
    EXPECT_EQ(kafka::is(error_of(domain, local.code.value), RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC),
              domain == Domain::librdkafka);
  }
}

TEST(ErrorDomains, AServersNumberIsNotMysqlsClients) {
  constexpr unsigned no_such_table = 1146;
  EXPECT_EQ(mysql::code_of(no_such_table).domain, Domain::mysql_server);
  EXPECT_EQ(mysql::code_of(CR_SERVER_LOST).domain, Domain::mysql_client);
  EXPECT_EQ(mysql::code_of(3819).domain, Domain::mysql_server);
  EXPECT_EQ(mysql::code_of(4025).domain, Domain::mysql_server);
#ifdef CER_MIN_ERROR
  EXPECT_EQ(mysql::code_of(CER_MIN_ERROR).domain, Domain::mysql_client);
#endif
  for (const auto domain : domains) {
    const bool of_server = domain == Domain::mysql_server;
    EXPECT_EQ(mysql::is(error_of(domain, no_such_table), no_such_table), of_server);
    EXPECT_EQ(mysql::classify(error_of(domain, no_such_table)) == mysql::ErrorClass::setup,
              of_server);
    EXPECT_EQ(mysql::classify(error_of(domain, CR_SERVER_LOST)) == mysql::ErrorClass::connection,
              domain == Domain::mysql_client);
  }
}

// 1049 is an unknown database, and no answer of Redis or Kafka.
TEST(ErrorDomains, OnlyWhatAPersonMendsEndsACommandAsAUsageError) {
  for (const auto domain : domains)
    EXPECT_EQ(servers::exit_of(error_of(domain, 1049)),
              domain == Domain::mysql_server ? core::Exit::usage : core::Exit::runtime);
}

TEST(ErrorDomains, AServerThatCannotBeUnderstoodIsNotReached) {
  for (const auto fault : {Fault::unreachable, Fault::timeout, Fault::garbled}) {
    EXPECT_TRUE(core::ends_connection(fault));
    EXPECT_EQ(servers::exit_of({fault, {}, ""}), core::Exit::unreachable);
  }
  EXPECT_FALSE(core::ends_connection(Fault::refused));
  EXPECT_FALSE(core::ends_connection(Fault::invalid));
}

}  // namespace
}  // namespace couponctl
