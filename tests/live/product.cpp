#include "live/product.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "core/java_long.h"
#include "kafka/admin.h"
#include "kafka/producer.h"
#include "ledger/schema.h"

namespace couponctl::live {
namespace {

constexpr int redis_database = 7;

std::string fresh_name() {
  static int count = 0;
  return fmt::format("couponctl_product_{}_{}", getpid(), ++count);
}

servers::Servers own_servers(servers::Servers own, const std::string& name) {
  own.redis.database = redis_database;
  own.mysql.database = name;
  return own;
}

mysql::Connection without_database(mysql::Address address) {
  address.database = "";
  return *mysql::Connection::connect(address);
}

}  // namespace

Product::Product(int partitions, const servers::Servers& servers)
    : topic(fresh_name()),
      servers_(own_servers(servers, topic)),
      redis_(*redis::Client::connect(servers_.redis)),
      database_(without_database(servers_.mysql)) {
  EXPECT_TRUE(redis_.command({"FLUSHDB"}));
  EXPECT_TRUE(kafka::Admin(servers_.kafka).create_topic(topic, partitions));
}

Product::~Product() {
  EXPECT_TRUE(database_.execute("DROP DATABASE IF EXISTS " + topic));
  EXPECT_TRUE(kafka::Admin(servers_.kafka).delete_topic(topic));
}

void Product::reconnect() {
  redis_ = *redis::Client::connect(servers_.redis);
  database_ = *mysql::Connection::connect(servers_.mysql);
}

std::vector<std::string> Product::command_line(std::vector<std::string> words) const {
  const auto& redis = servers_.redis;
  const auto& mysql = servers_.mysql;
  words.insert(words.end(), {"--topic", topic});
  const auto add = [&](const std::string& flag, const std::string& address) {
    if (std::ranges::find(words, flag) == words.end()) words.insert(words.end(), {flag, address});
  };
  add("--redis", fmt::format("{}:{}/{}", redis.host, redis.port, redis.database));
  add("--kafka", servers_.kafka.brokers);
  add("--mysql", fmt::format("{}@{}:{}/{}", mysql.user, mysql.host, mysql.port, mysql.database));
  return words;
}

test::Finished Product::run(std::vector<std::string> words) const {
  return test::couponctl(command_line(std::move(words)));
}

nlohmann::json Product::json(std::vector<std::string> words) const {
  words.insert(words.end(), {"--output", "json"});
  const auto [code, out, err] = run(std::move(words));
  EXPECT_EQ(code, 0) << err;
  return nlohmann::json::parse(out, nullptr, false);
}

void Product::migrate() {
  const auto [code, out, err] = run({"migrate"});
  ASSERT_EQ(code, 0) << err;
  ASSERT_TRUE(database_.execute("USE " + topic));
}

void Product::open(const std::string& campaign, int quota) const {
  const auto [code, out, err] =
      run({"campaign", "open", campaign, "--quota", std::to_string(quota)});
  ASSERT_EQ(code, 0) << err;
}

int Product::admit(const std::string& campaign, int first, int count) const {
  auto admission = *issuance::Admission::connect(servers_.redis);
  std::vector<core::UserId> users;
  for (int user = first; user < first + count; ++user) users.push_back(core::UserId{user});
  const auto admitted = admission.admit(campaign, users);
  EXPECT_TRUE(admitted) << admitted.error().text;
  return static_cast<int>(
      std::ranges::count(admitted->answers, core::Decision::admitted, &issuance::Answer::decision));
}

void Product::hand_over(const std::string& campaign) const {
  auto admission = *issuance::Admission::connect(servers_.redis);
  std::vector<std::string> ids;
  const auto entries = admission.read_outbox(campaign, "", 1000);
  for (const auto& entry : *entries) ids.push_back(entry.id);
  EXPECT_EQ(*admission.forget(campaign, ids), static_cast<std::int64_t>(ids.size()));
}

ledger::Written Product::write(const std::string& campaign, int first, int count) {
  const auto cluster = *kafka::cluster_id(servers_.kafka, std::chrono::seconds(10));
  ledger::Ledger ledger(*ledger::connect(servers_.mysql), cluster, topic);
  EXPECT_TRUE(ledger.begin_partition(0, 0));
  ledger::Batch batch{.ranges = {{0, next_offset_, next_offset_ + count}}, .messages = {}};
  for (int user = first; user < first + count; ++user) {
    const auto offset = next_offset_ + user - first;
    batch.messages.push_back({.partition = 0,
                              .offset = offset,
                              .campaign = campaign,
                              .epoch = {},
                              .user = core::UserId{user},
                              .seq = 0,
                              .failed = {},
                              .payload = {}});
  }
  next_offset_ += count;
  const auto written = ledger.write(batch);
  EXPECT_TRUE(written) << written.error().text;
  return *written;
}

void Product::produce(int count) {
  int delivered = 0;
  kafka::Producer producer({.brokers = servers_.kafka}, [&](const kafka::Delivery& delivery) {
    delivered += !!delivery.result;
  });
  const auto value = core::encode_long(1);
  for (int i = 0; i < count; ++i)
    EXPECT_TRUE(producer.produce(
        {.topic = topic, .key = {}, .value = {value.data(), value.size()}, .headers = {}}, 0));
  EXPECT_TRUE(producer.flush(std::chrono::seconds(30)));
  EXPECT_EQ(delivered, count);
}

std::string Product::field(const std::string& campaign, const std::string& name) {
  const auto value =
      redis::text_or_nil(redis_.command({"HGET", issuance::CampaignKeys(campaign).meta, name}));
  return value ? value->value_or("") : "";
}

std::int64_t Product::number(const std::string& statement) {
  const auto found = database_.query_integer(statement);
  EXPECT_TRUE(found) << found.error().text;
  return found ? *found : -1;
}

}  // namespace couponctl::live
