// Does `status` tell how everything stands, also when a server is silent?
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "kafka/admin.h"
#include "kafka/producer.h"
#include "live/product.h"

namespace couponctl {
namespace {

class Status : public live::Product {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(migrate()); }
};

TEST_F(Status, AddsUpRedisDatabaseAndTopic) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  ASSERT_NO_FATAL_FAILURE(open("winter", 1));
  EXPECT_EQ(admit("summer", 1, 4), 4);
  produce(7);
  const auto written = write("winter", 1, 3);
  EXPECT_EQ(written.issued, 1);
  const auto status = json({"status"});
  const auto& campaigns = status.at("campaigns");
  ASSERT_EQ(campaigns.size(), 2U);
  EXPECT_EQ(campaigns[0].at("campaign"), "summer");
  EXPECT_EQ(campaigns[0].at("state"), "open");
  EXPECT_EQ(campaigns[0].at("quota"), 5);
  EXPECT_EQ(campaigns[0].at("admitted"), 4);
  EXPECT_EQ(campaigns[0].at("left"), 1);
  EXPECT_EQ(campaigns[0].at("issued"), 0);
  EXPECT_EQ(campaigns[0].at("outbox"), 1);
  EXPECT_EQ(campaigns[1].at("issued"), 1);
  EXPECT_EQ(campaigns[1].at("failed_new"), 2);
  EXPECT_EQ(status.at("lag"), 7 - 3) << "three of them are written";
  EXPECT_TRUE(status.at("problems").empty());
}

TEST_F(Status, ShowsOneCampaignWhereOneIsNamed) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  ASSERT_NO_FATAL_FAILURE(open("winter", 1));
  const auto campaigns = json({"status", "--campaign", "winter"}).at("campaigns");
  ASSERT_EQ(campaigns.size(), 1U);
  EXPECT_EQ(campaigns[0].at("campaign"), "winter");
}

TEST_F(Status, PrintsTheRestWhenRedisIsSilent) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  produce(2);
  EXPECT_EQ(write("summer", 1, 2).issued, 2);
  const auto [code, out, err] = run({"status", "--output", "json", "--redis", "127.0.0.1:1"});
  EXPECT_EQ(code, 3) << err;
  const auto status = nlohmann::json::parse(out);
  EXPECT_EQ(status.at("campaigns")[0].at("issued"), 2);
  EXPECT_TRUE(status.at("campaigns")[0].at("admitted").is_null());
  EXPECT_EQ(status.at("lag"), 0);
  ASSERT_EQ(status.at("problems").size(), 1U);
  EXPECT_NE(std::string(status.at("problems")[0]).find("Redis at 127.0.0.1:1: connection refused"),
            std::string::npos)
      << out;
}

TEST_F(Status, PrintsTheRestWhenTheDatabaseIsSilent) {
  ASSERT_NO_FATAL_FAILURE(open("default", 5));
  EXPECT_EQ(admit("default", 1, 4), 4);
  const auto [code, out, err] = run({"status", "--mysql", "root@127.0.0.1:1/none"});
  EXPECT_EQ(code, 3) << err;
  EXPECT_NE(out.find("default   open"), std::string::npos) << out;
  EXPECT_NE(err.find("cannot reach MySQL"), std::string::npos) << err;
}

TEST_F(Status, PrintsTheRestWhenKafkaIsSilent) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  const auto [code, out, err] = run({"status", "--output", "json", "--kafka", "127.0.0.1:1"});
  EXPECT_EQ(code, 3) << err;
  const auto status = nlohmann::json::parse(out);
  EXPECT_TRUE(status.at("lag").is_null());
  EXPECT_EQ(status.at("campaigns")[0].at("state"), "open");
}

TEST_F(Status, SaysThatRedisForgot) {
  ASSERT_NO_FATAL_FAILURE(open("summer", 5));
  ASSERT_TRUE(redis().command({"FLUSHDB"}));
  EXPECT_EQ(json({"status"}).at("campaigns")[0].at("state"), "forgotten");
}

TEST_F(Status, DoesNotTakeATopicMadeAnewForTheOneThatWasRead) {
  EXPECT_EQ(write("nobody", 1, 9).issued, 0);  // the topic is empty
  const auto [code, out, err] = run({"status"});
  EXPECT_EQ(code, 1) << err;
  EXPECT_NE(err.find("it was made anew or has lost messages"), std::string::npos) << err;
}

TEST(Watermarks, CoverEveryPartition) {
  const auto brokers = live::servers().kafka;
  kafka::Admin admin(brokers);
  const auto topic = fmt::format("couponctl_watermarks_{}", getpid());
  ASSERT_TRUE(admin.create_topic(topic, 3));
  kafka::Producer producer({.brokers = brokers}, [](const kafka::Delivery&) {});
  for (int i = 0; i < 30; ++i) {
    const auto key = std::to_string(i);
    ASSERT_TRUE(producer.produce({.topic = topic, .key = key, .value = "", .headers = {}}, 0));
  }
  ASSERT_TRUE(producer.flush(std::chrono::seconds(30)));
  const auto marks = admin.watermarks(topic);
  ASSERT_TRUE(marks) << marks.error().text;
  EXPECT_EQ(marks->size(), 3U);
  std::int64_t messages = 0;
  for (const auto& [partition, mark] : *marks) messages += mark.high - mark.low;
  EXPECT_EQ(messages, 30);
  EXPECT_TRUE(admin.delete_topic(topic));
}

TEST(Watermarks, OfATopicThatIsNotThereAreRefused) {
  const auto marks = kafka::Admin(live::servers().kafka).watermarks("nobody_made_it");
  ASSERT_FALSE(marks);
  EXPECT_EQ(marks.error().fault, core::Fault::refused);
}

}  // namespace
}  // namespace couponctl
