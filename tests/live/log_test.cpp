// Is a stretch of a topic read whole, whatever lies at its end, and without leaving a trace?
#include "kafka/log.h"

#include <gtest/gtest.h>

#include "core/java_long.h"
#include "live/consume.h"

namespace couponctl {
namespace {

using kafka::Offsets;

class Log : public live::Consume {
 protected:
  Log() : Consume(2) {}

  core::Result<Offsets> read(const Offsets& begin) {
    users_.clear();
    return kafka::read_log(servers().kafka, topic, begin, std::chrono::seconds(20),
                           [&](const kafka::Message& message) {
                             users_.insert(*core::decode_long(message.value().value()));
                           });
  }
  // Where each partition ends, control records included.
  Offsets ends() const {
    Offsets ends;
    const auto marks = kafka::Admin(servers().kafka).watermarks(topic);
    for (const auto& [partition, mark] : *marks) ends[partition] = mark.high;
    return ends;
  }

  std::set<std::int64_t> users_;
};

TEST_F(Log, IsReadWhole) {
  send("summer", 1, 500);
  const auto read_to = read({{0, 0}, {1, 0}});
  ASSERT_TRUE(read_to) << read_to.error().text;
  EXPECT_EQ(*read_to, ends());
  EXPECT_EQ(users_.size(), 500U);
  EXPECT_EQ(*users_.rbegin(), 500);
}

TEST_F(Log, IsReadFromWhereItIsAsked) {
  send("summer", 1, 200);
  const auto middle = ends();
  send("summer", 201, 100);
  ASSERT_TRUE(read(middle));
  EXPECT_EQ(users_.size(), 100U);
  EXPECT_EQ(*users_.begin(), 201);
  ASSERT_TRUE(read({{0, ends().at(0)}, {1, ends().at(1)}}));
  EXPECT_TRUE(users_.empty());
}

TEST_F(Log, EndsWhereATransactionWasRolledBack) {
  send("summer", 1, 10);
  send_in_transaction({1001, 1002}, true);
  send_in_transaction({2001, 2002, 2003, 2004}, false);
  // The broker says that a transaction is over before its end is written to every partition.
  EXPECT_TRUE(test::eventually([&] {
    const auto read_to = read({{0, 0}, {1, 0}});
    return read_to && *read_to == ends();
  }));
  EXPECT_EQ(users_.size(), 12U);
  EXPECT_EQ(*users_.rbegin(), 1002);
}

TEST_F(Log, ThatDoesNotReachThereIsRefused) {
  send("summer", 1, 10);
  const auto beyond = read({{0, ends().at(0) + 1}});
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().fault, core::Fault::refused);
  EXPECT_NE(beyond.error().text.find("partition 0 ends at"), std::string::npos)
      << beyond.error().text;
  EXPECT_FALSE(read({{7, 0}}));
  EXPECT_FALSE(read({{0, -1}}));
}

TEST_F(Log, MovesNoGroup) {
  send("summer", 1, 10);
  ASSERT_TRUE(read({{0, 0}, {1, 0}}));
  kafka::Consumer nobody({.brokers = servers().kafka,
                          .group = "couponctl_log",
                          .topic = topic,
                          .events = kafka::ConsumerEvents{[](const auto&) {}, [](bool) {}, {}, {}},
                          .joins = false});
  const auto committed = nobody.committed({0, 1}, std::chrono::seconds(20));
  ASSERT_TRUE(committed) << committed.error().text;
  EXPECT_TRUE(committed->empty());
}

}  // namespace
}  // namespace couponctl
