#include "admin/backlog.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

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

// The server ends a session that says nothing for too long: this one says something once a second.
class Pulse {
 public:
  explicit Pulse(mysql::Connection& database) : database_(database) {}

  void beat() {
    const auto now = Clock::now();
    if (beaten_at_ && now - *beaten_at_ < std::chrono::seconds(1)) return;
    or_end(database_.execute("DO 0"));
    beaten_at_ = now;
  }

 private:
  using Clock = std::chrono::steady_clock;

  mysql::Connection& database_;
  std::optional<Clock::time_point> beaten_at_;
};

Result<kafka::Offsets> read_log(mysql::Connection& database, const Topic& topic,
                                const kafka::Offsets& begin,
                                const std::function<void(const kafka::Message&)>& each) {
  Pulse pulse(database);
  pulse.beat();
  return kafka::read_log(topic.brokers, topic.name, begin, silence_max, each,
                         [&] { pulse.beat(); });
}

// What remains; `epoch` is the largest that a failed event names.
Result<Remainder> read_remainder(mysql::Connection& database, const Topic& topic,
                                 const std::string& campaign, std::int64_t epoch) {
  const auto positions = issuance::find_positions(database, topic);
  if (!positions) return positions.error();
  Remainder remainder{.messages = {}, .epoch = epoch};
  kafka::Offsets begin;
  for (const auto& [partition, position] : positions->partitions) {
    if (position.is_cut()) remainder.cut = cut_text(topic, partition, position);
    begin[partition] = position.is_cut() ? position.ends.low : position.next();
  }
  const auto count = [&](const kafka::Message& raw) {
    const auto message = issuance::read(raw, nobody);
    if (message.failed) return;
    ++remainder.messages[message.campaign];
    if (message.campaign == campaign)
      remainder.epoch = std::max(remainder.epoch, message.epoch.value_or(0));
  };
  const auto read = read_log(database, topic, begin, count);
  if (!read) return read.error();
  return remainder;
}

}  // namespace

Backlog read_backlog(mysql::Connection& database, const Topic& topic, const Positions& positions,
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
  or_end(read_log(database, topic, begin, keep));
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
  const auto failed = ledger::largest_epoch(database, campaign);
  if (!failed) return failed.error();
  return read_remainder(database, topic, campaign, *failed);
}

std::int64_t epoch_named(mysql::Connection& database, const Topic& topic,
                         const std::string& campaign) {
  const auto failed = or_end(ledger::largest_epoch(database, campaign));
  const auto remainder = read_remainder(database, topic, campaign, failed);
  if (remainder) return remainder->epoch;
  const auto& error = remainder.error();
  if (is_unknown_topic(error)) return failed;
  // Says which option names the brokers.
  if (servers::exit_of(error) == core::Exit::unreachable && !is_of_database(error))
    throw servers::cannot_connect(topic.brokers, error);
  return or_end(remainder).epoch;
}

bool is_of_database(const core::Error& error) {
  return error.code.domain == core::Domain::mysql_client ||
         error.code.domain == core::Domain::mysql_server;
}

bool is_unknown_topic(const core::Error& error) {
  return kafka::is(error, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
}

}  // namespace couponctl::admin
