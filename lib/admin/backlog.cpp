#include "admin/backlog.h"

#include <fmt/format.h>

#include <algorithm>

#include "issuance/wire.h"
#include "kafka/log.h"
#include "ledger/failed_events.h"
#include "servers/connect.h"
#include "servers/exit.h"

namespace couponctl::admin {
namespace {

using core::Result;
using issuance::Position;
using issuance::Positions;
using issuance::Topic;
using servers::or_end;

constexpr std::chrono::seconds silence_max{10};
constexpr const char* nobody = "";  // the campaign of messages without headers

}  // namespace

Backlog read_backlog(const Topic& topic, const Positions& positions,
                     const ledger::Campaign& campaign) {
  Backlog backlog;
  kafka::Offsets begin;
  for (const auto& [partition, position] : positions.partitions) begin[partition] = position.next();
  const auto keep = [&](const kafka::Message& raw) {
    const auto message = issuance::read(raw, nobody);
    if (message.failed || message.campaign != campaign.name || message.epoch != campaign.epoch)
      return;
    backlog.emplace(core::number(message.user), message.seq);
  };
  or_end(kafka::read_log(topic.brokers, topic.name, begin, silence_max, keep));
  return backlog;
}

std::string cut_text(const Topic& topic, std::int32_t partition, const Position& position) {
  return fmt::format(
      "kafka topic '{}' partition {} ends at {}, before the recorded progress {}: it was made anew "
      "or has lost messages; see \"couponctl recover --help\"",
      topic.name, partition, position.ends.high, *position.progress);
}

Result<Remainder> find_remainder(mysql::Connection& database, const Topic& topic,
                                 const std::string& campaign) {
  const auto positions = issuance::find_positions(database, topic);
  if (!positions) return positions.error();
  const auto failed = ledger::largest_epoch(database, campaign);
  if (!failed) return failed.error();
  Remainder remainder{.messages = {}, .epoch = *failed};
  kafka::Offsets begin;
  for (const auto& [partition, position] : positions->partitions) {
    if (position.is_cut()) remainder.cut = cut_text(topic, partition, position);
    begin[partition] = position.is_cut() ? position.ends.low : position.next();
  }
  const auto read = kafka::read_log(
      topic.brokers, topic.name, begin, silence_max, [&](const kafka::Message& raw) {
        const auto message = issuance::read(raw, nobody);
        if (message.failed) return;
        ++remainder.messages[message.campaign];
        if (message.campaign == campaign)
          remainder.epoch = std::max(remainder.epoch, message.epoch.value_or(0));
      });
  if (!read) return read.error();
  return remainder;
}

std::int64_t epoch_named(mysql::Connection& database, const Topic& topic,
                         const std::string& campaign) {
  // Says which option names the brokers, where they do not answer.
  servers::connected(kafka::cluster_id(topic.brokers, silence_max), topic.brokers);
  const auto remainder = find_remainder(database, topic, campaign);
  if (!remainder && kafka::is(remainder.error(), RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART))
    return or_end(ledger::largest_epoch(database, campaign));
  return or_end(remainder).epoch;
}

}  // namespace couponctl::admin
