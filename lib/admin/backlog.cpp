#include "admin/backlog.h"

#include "issuance/wire.h"
#include "kafka/log.h"
#include "servers/exit.h"

namespace couponctl::admin {
namespace {

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

}  // namespace couponctl::admin
