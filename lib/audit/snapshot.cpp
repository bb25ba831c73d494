#include "audit/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/failure.h"
#include "core/parse.h"
#include "issuance/admission.h"
#include "issuance/wire.h"
#include "kafka/group.h"
#include "kafka/log.h"
#include "ledger/progress.h"
#include "ledger/schema.h"
#include "redis/scan.h"
#include "servers/connect.h"
#include "servers/exit.h"

namespace couponctl::audit {
namespace {

using core::Error;
using core::Exit;
using core::Failure;
using core::Result;
using issuance::CampaignKeys;
using issuance::OutboxEntry;
using issuance::Winner;
using servers::exit_of;
using servers::or_end;
using namespace std::chrono_literals;

constexpr auto broker_timeout = 10s;
constexpr auto silence_max = 30s;

// What a view asks, in this order.
enum Question {
  meta_type,
  users_type,
  outbox_type,
  quarantine_type,
  meta_fields,
  users_length,
  outbox_length,
  list_length,
  stream_length,
  questions_count
};

// A transaction, so that the answers are of one moment.
Result<redis::Reply> ask_at_once(redis::Client& redis, const std::string& campaign) {
  const CampaignKeys keys(campaign);
  const auto& quarantine = keys.quarantine;
  const std::array<std::array<std::string_view, 2>, questions_count> questions{
      {{"TYPE", keys.meta},
       {"TYPE", keys.users},
       {"TYPE", keys.outbox},
       {"TYPE", quarantine},
       {"HGETALL", keys.meta},
       {"HLEN", keys.users},
       {"XLEN", keys.outbox},
       {"LLEN", quarantine},
       {"XLEN", quarantine}}};
  if (auto begun = redis.command({"MULTI"}); !begun) return begun;
  for (const auto& question : questions)
    if (auto queued = redis.command(question); !queued) return queued;
  return redis.command({"EXEC"});
}

// A key of another type answers with an error: then its type tells.
Result<std::int64_t> integer_or_0(const redis::Value& value) {
  if (value.error()) return std::int64_t{0};
  return value.integer();
}

// The answers, in the order of the questions.
Result<RedisView> read_view(const redis::Value& answers) {
  const auto list = answers.array(questions_count);
  if (!list) return list.error();
  RedisView view;
  for (const auto& [name, question] :
       {std::pair("meta", meta_type), std::pair("users", users_type),
        std::pair("outbox", outbox_type), std::pair("quarantine", quarantine_type)}) {
    const auto type = (*list)[question].text();
    if (!type) return type.error();
    view.types[name] = *type;
  }
  if (const auto meta = (*list)[meta_fields]; !meta.error()) {
    const auto pairs = meta.pairs();
    if (!pairs) return pairs.error();
    view.fields.insert(pairs->begin(), pairs->end());
  }
  for (const auto& [counter, question] :
       {std::pair(&view.admitted, users_length), std::pair(&view.outbox, outbox_length),
        std::pair(&view.quarantined, list_length), std::pair(&view.quarantined, stream_length)}) {
    const auto length = integer_or_0((*list)[question]);
    if (!length) return length.error();
    *counter += *length;
  }
  return view;
}

Failure no_kafka(const AuditOptions& options, const Error& error) {
  if (exit_of(error) != Exit::unreachable) return {Exit::runtime, error.text};
  return servers::cannot_connect(options.kafka, error);
}

template <class T>
T of_kafka(const AuditOptions& options, Result<T> result) {
  if (!result) throw no_kafka(options, result.error());
  return *std::move(result);
}

kafka::Offsets committed(const AuditOptions& options, const kafka::Offsets& partitions) {
  std::vector<std::int32_t> numbers;
  for (const auto& [partition, offset] : partitions) numbers.push_back(partition);
  return of_kafka(options, kafka::committed_offsets(options.kafka, options.group, options.topic,
                                                    numbers, broker_timeout));
}

// Where the consumer would go on, moved to where there is something to read.
kafka::Offsets begin_of(const TopicView& backlog,
                        const std::map<std::int32_t, kafka::Watermarks>& marks) {
  kafka::Offsets begin;
  for (const auto& [partition, mark] : marks) {
    const auto [low, high] = mark;
    auto offset = low;
    for (const auto* known : {&backlog.committed, &backlog.progress})
      if (const auto found = known->find(partition); found != known->end()) offset = found->second;
    begin[partition] = std::clamp(offset, low, high);
  }
  return begin;
}

}  // namespace

bool RedisView::is_empty() const {
  return std::ranges::all_of(types, [](const auto& type) { return type.second == "none"; });
}

std::string RedisView::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

std::optional<std::int64_t> RedisView::number(const std::string& name) const {
  return core::whole_number(field(name));
}

bool RedisView::is_unsettled() const {
  return field("state") == "recovering" || field("state") == "resetting";
}

Result<RedisView> view_redis(redis::Client& redis, const std::string& campaign) {
  const auto reply = ask_at_once(redis, campaign);
  if (!reply) return reply.error();
  auto view = read_view(reply->value());
  if (!view) return view;
  auto run_id = redis.info("server", "run_id");
  if (!run_id) return run_id.error();
  view->campaign = campaign;
  view->run_id = *std::move(run_id);
  return view;
}

Result<std::vector<std::optional<std::string>>> users_fields(redis::Client& redis,
                                                             const std::string& campaign,
                                                             std::span<const std::int64_t> users) {
  std::vector<std::string> names;
  names.reserve(users.size());
  for (const auto user : users) names.push_back(std::to_string(user));
  return redis::hash_fields(redis, CampaignKeys(campaign).users, names);
}

std::optional<std::span<const Winner>> winners_of(const OutboxEntry& entry, std::int64_t epoch) {
  const auto is_of_epoch = [&](const Winner& winner) { return winner.epoch == epoch; };
  if (entry.winners.empty() || !std::ranges::all_of(entry.winners, is_of_epoch))
    return std::nullopt;
  return entry.winners;
}

TopicView view_topic(const AuditOptions& options, std::int64_t epoch) {
  TopicView backlog;
  const auto cluster = of_kafka(options, kafka::cluster_id(options.kafka, broker_timeout));
  kafka::Admin admin(options.kafka, broker_timeout);
  backlog.has_topic = of_kafka(options, admin.has_topic(options.topic));
  // Each is read before what it must not be beyond, since all of them only grow.
  if (backlog.has_topic) {
    for (const auto& [partition, mark] : of_kafka(options, admin.watermarks(options.topic)))
      backlog.lows[partition] = mark.low;
    backlog.committed = committed(options, backlog.lows);
  }
  auto database = or_end(ledger::connect(options.mysql));
  backlog.progress = or_end(ledger::read_progress(database, {cluster, options.topic}));
  if (!backlog.has_topic) return backlog;
  const auto marks = of_kafka(options, admin.watermarks(options.topic));
  for (const auto& [partition, mark] : marks) backlog.highs[partition] = mark.high;
  const auto begin = begin_of(backlog, marks);
  const auto ends = of_kafka(
      options,
      kafka::read_log(
          options.kafka, options.topic, begin, silence_max, [&](const kafka::Message& raw) {
            // Who has no headers of ours was not admitted by us: that is no message of
            // one whom Redis admitted. No campaign has an empty name.
            const auto message = issuance::read(raw, "");
            if (!message.failed && message.campaign == options.campaign && message.epoch == epoch)
              backlog.users.insert(core::number(message.user));
          }));
  for (const auto& [partition, end] : ends) backlog.lag += end - begin.at(partition);
  return backlog;
}

}  // namespace couponctl::audit
