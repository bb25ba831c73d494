#include "fault/raw_stores.h"

#include <fmt/format.h>

#include <cstdlib>

#include "core/failure.h"

namespace couponctl::fault {
namespace {

using core::Exit;
using core::or_throw;

std::int64_t integer(const std::optional<std::string>& text) {
  return text ? std::strtoll(text->c_str(), nullptr, 10) : 0;
}

std::optional<std::int64_t> maybe(const std::optional<std::string>& text) {
  return text ? std::optional(integer(text)) : std::nullopt;
}

void read_database(const Whereabouts& where, RawStores& stores) {
  auto connection = or_throw(mysql::Connection::connect(where.mysql), Exit::unreachable);
  const auto rows = [&](const std::string& statement) {
    return or_throw(connection.query(statement), Exit::runtime);
  };
  const auto of_campaign = fmt::format(
      "(SELECT id FROM campaign WHERE name = '{}' ORDER BY epoch LIMIT 1)", where.campaign);
  for (const auto& row : rows(fmt::format(
           "SELECT quota FROM campaign WHERE name = '{}' AND epoch = 1", where.campaign)))
    stores.quota = integer(row[0]);
  for (const auto& row :
       rows("SELECT epoch, slot, user_id, seq FROM coupon WHERE campaign_id = " + of_campaign))
    stores.coupons.push_back({integer(row[0]), integer(row[1]), integer(row[2]), integer(row[3])});
  for (const auto& row : rows("SELECT class, status, epoch, user_id, part, off FROM failed_event"))
    stores.failed.push_back({row[0].value_or(""),
                             row[1].value_or(""),
                             maybe(row[2]),
                             maybe(row[3]),
                             {static_cast<std::int32_t>(integer(row[4])), integer(row[5])}});
  for (const auto& row : rows(fmt::format(
           "SELECT part, next_off FROM kafka_progress WHERE topic = '{}'", where.topic)))
    stores.progress[static_cast<std::int32_t>(integer(row[0]))] = integer(row[1]);
}

// Not by the product's own decoders: what is read here judges them, too.
void read_redis_into(const Whereabouts& where, RawStores& stores) {
  auto client = or_throw(redis::Client::connect(where.redis), Exit::unreachable);
  const auto key = [&](const char* name) {
    return fmt::format("coupon:{{{}}}:{}", where.campaign, name);
  };
  // Of one moment: somebody may be admitted meanwhile.
  const auto reply = or_throw(
      client.command({"EVAL",
                      "return {redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2])}",
                      "2", key("users"), key("meta")}),
      Exit::runtime);
  const auto hashes = or_throw(reply.value().array(2), Exit::runtime);
  for (const auto& [user, value] : or_throw(hashes[0].pairs(), Exit::runtime))
    stores.users[integer(std::string(user))] = value;
  for (const auto& [field, value] : or_throw(hashes[1].pairs(), Exit::runtime))
    stores.meta[std::string(field)] = value;
  stores.outbox = or_throw(redis::integer(client.command({"XLEN", key("outbox")})), Exit::runtime);
  stores.run_id = or_throw(client.info("server", "run_id"), Exit::runtime);
}

void read_ends(const Whereabouts& where, RawStores& stores) {
  const auto client = kafka::make_client(RD_KAFKA_PRODUCER, kafka::make_config(where.kafka, {}));
  constexpr int timeout_ms = 10'000;
  for (const auto& [partition, next] : stores.progress) {
    std::int64_t low = 0;
    const auto failed = rd_kafka_query_watermark_offsets(
        client.get(), where.topic.c_str(), partition, &low, &stores.ends[partition], timeout_ms);
    if (failed) throw core::Failure(Exit::unreachable, kafka::error_of(failed, "kafka").text);
  }
}

}  // namespace

RawStores read_stores(const Whereabouts& where) {
  RawStores stores;
  read_database(where, stores);
  read_redis_into(where, stores);
  read_ends(where, stores);
  return stores;
}

RawStores read_redis(const Whereabouts& where) {
  RawStores stores;
  read_redis_into(where, stores);
  return stores;
}

bool has_forgotten(const RawStores& stores) {
  const auto field = [&](const char* name) {
    const auto found = stores.meta.find(name);
    return found == stores.meta.end() ? std::optional<std::string>() : found->second;
  };
  return !field("state") || field("run_id") != stores.run_id ||
         static_cast<std::int64_t>(stores.users.size()) !=
             integer(field("seq")) - integer(field("gap"));
}

}  // namespace couponctl::fault
