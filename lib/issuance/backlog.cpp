#include "issuance/backlog.h"

#include <algorithm>

#include "issuance/stores.h"
#include "issuance/wire.h"
#include "kafka/admin.h"
#include "kafka/log.h"
#include "ledger/progress.h"

namespace couponctl::issuance {
namespace {

using namespace std::chrono_literals;

constexpr auto answer_max = 10s;
constexpr const char* nobody = "";  // the campaign of messages without headers

kafka::Offsets starts(mysql::Connection& database, const Topic& topic) {
  const auto cluster = or_end(kafka::cluster_id(topic.brokers, answer_max));
  const auto progress = or_end(ledger::read_progress(database, {cluster, topic.name}));
  const auto ends = or_end(kafka::Admin(topic.brokers, answer_max).watermarks(topic.name));
  kafka::Offsets offsets;
  for (const auto& [partition, marks] : ends) {
    const auto found = progress.find(partition);
    const auto next = found == progress.end() ? marks.low : found->second;
    offsets[partition] = std::max(next, marks.low);
  }
  return offsets;
}

}  // namespace

Backlog read_backlog(mysql::Connection& database, const Topic& topic,
                     const ledger::Campaign& campaign) {
  Backlog backlog;
  const auto keep = [&](const kafka::Message& raw) {
    const auto message = read(raw, nobody);
    if (message.failed || message.campaign != campaign.name || message.epoch != campaign.epoch)
      return;
    backlog.emplace(core::number(message.user), message.seq);
  };
  or_end(kafka::read_log(topic.brokers, topic.name, starts(database, topic), answer_max, keep));
  return backlog;
}

}  // namespace couponctl::issuance
