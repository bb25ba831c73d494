#include "audit/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/failure.h"
#include "core/parse.h"
#include "issuance/admission.h"
#include "issuance/wire.h"
#include "kafka/log.h"
#include "ledger/progress.h"
#include "ledger/schema.h"
#include "servers/connect.h"
#include "servers/exit.h"

namespace couponctl::audit {
namespace {

using core::Error;
using core::Exit;
using core::Failure;
using core::Fault;
using core::Result;
using issuance::CampaignKeys;
using servers::exit_of;
using servers::or_end;
using namespace std::chrono_literals;

constexpr auto broker_timeout = 10s;
constexpr auto silence_max = 30s;
constexpr std::string_view page_size = "1000";

std::string text_of(const redisReply& reply) {
  return reply.str == nullptr ? std::string() : std::string(reply.str, reply.len);
}

Error not_understood(const std::string& what) {
  return {Fault::refused, {}, fmt::format("redis: {} is not as expected", what)};
}

// What a view asks, in this order.
enum Place {
  meta_type,
  users_type,
  outbox_type,
  quarantine_type,
  meta_fields,
  users_length,
  outbox_length,
  list_length,
  stream_length,
  places
};

// A transaction, so that the answers are of one moment.
Result<redis::Reply> ask_at_once(redis::Client& redis, const std::string& campaign) {
  const CampaignKeys keys(campaign);
  const auto& quarantine = keys.quarantine;
  const std::array<std::array<std::string_view, 2>, places> questions{{{"TYPE", keys.meta},
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
std::int64_t integer_or_0(const redisReply& reply) {
  return reply.type == REDIS_REPLY_INTEGER ? reply.integer : 0;
}

std::vector<std::pair<std::string, std::string>> pairs_of(const redisReply& reply) {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (reply.type != REDIS_REPLY_ARRAY) return pairs;
  for (std::size_t i = 0; i + 1 < reply.elements; i += 2)
    pairs.emplace_back(text_of(*reply.element[i]), text_of(*reply.element[i + 1]));
  return pairs;
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
  kafka::Consumer beside(
      {options.kafka, options.group, options.topic,
       kafka::ConsumerEvents{[](const auto&) {}, [](bool) {}, [](auto, auto) {}, [](auto) {}},
       false});
  return of_kafka(options, beside.committed(numbers, broker_timeout));
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

std::optional<std::int64_t> whole_number(std::string_view text) {
  const auto value = core::parse_integer(text, 0, std::numeric_limits<std::int64_t>::max());
  return value ? std::optional(*value) : std::nullopt;
}

bool RedisView::is_empty() const {
  return std::ranges::all_of(types, [](const auto& type) { return type.second == "none"; });
}

std::string RedisView::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? "" : found->second;
}

std::optional<std::int64_t> RedisView::number(const std::string& name) const {
  return whole_number(field(name));
}

bool RedisView::is_unsettled() const {
  return field("state") == "recovering" || field("state") == "resetting";
}

Result<RedisView> view_redis(redis::Client& redis, const std::string& campaign) {
  const auto reply = ask_at_once(redis, campaign);
  if (!reply) return reply.error();
  if ((*reply)->type != REDIS_REPLY_ARRAY || (*reply)->elements != places)
    return not_understood("a view of campaign " + campaign);
  const auto at = [&](Place place) -> const redisReply& { return *(*reply)->element[place]; };
  RedisView view;
  view.types = {{"meta", text_of(at(meta_type))},
                {"users", text_of(at(users_type))},
                {"outbox", text_of(at(outbox_type))},
                {"quarantine", text_of(at(quarantine_type))}};
  for (auto& [name, value] : pairs_of(at(meta_fields))) view.fields[name] = value;
  view.admitted = integer_or_0(at(users_length));
  view.outbox = integer_or_0(at(outbox_length));
  view.quarantined = integer_or_0(at(list_length)) + integer_or_0(at(stream_length));
  auto run_id = redis.info("server", "run_id");
  if (!run_id) return run_id.error();
  view.run_id = *std::move(run_id);
  return view;
}

Result<void> walk_users(redis::Client& redis, const std::string& campaign,
                        const std::function<Result<void>(const UserFields&)>& each) {
  const CampaignKeys keys(campaign);
  std::string cursor = "0";
  do {
    const auto reply = redis.command({"HSCAN", keys.users, cursor, "COUNT", page_size});
    if (!reply) return reply.error();
    if ((*reply)->type != REDIS_REPLY_ARRAY || (*reply)->elements != 2)
      return not_understood(keys.users);
    cursor = text_of(*(*reply)->element[0]);
    if (auto done = each(pairs_of(*(*reply)->element[1])); !done) return done;
  } while (cursor != "0");
  return {};
}

Result<std::vector<std::optional<std::string>>> users_fields(redis::Client& redis,
                                                             const std::string& campaign,
                                                             std::span<const std::int64_t> users) {
  constexpr std::size_t users_at_once_max = 1000;
  const CampaignKeys keys(campaign);
  std::vector<std::optional<std::string>> values;
  values.reserve(users.size());
  while (!users.empty()) {
    const auto page = users.first(std::min(users.size(), users_at_once_max));
    std::vector<std::string> names;
    for (const auto user : page) names.push_back(std::to_string(user));
    std::vector<std::string_view> words{"HMGET", keys.users};
    words.insert(words.end(), names.begin(), names.end());
    const auto reply = redis.command(words);
    if (!reply) return reply.error();
    if ((*reply)->elements != page.size()) return not_understood(keys.users);
    for (std::size_t i = 0; i < page.size(); ++i) {
      const auto& value = *(*reply)->element[i];
      values.push_back(value.type == REDIS_REPLY_STRING ? std::optional(text_of(value))
                                                        : std::nullopt);
    }
    users = users.subspan(page.size());
  }
  return values;
}

std::optional<std::int64_t> seq_of(std::string_view users_field) {
  const auto bar = users_field.find('|');
  if (bar == std::string_view::npos || bar + 1 == users_field.size()) return std::nullopt;
  return whole_number(users_field.substr(0, bar));
}

Result<void> walk_outbox(redis::Client& redis, const std::string& campaign,
                         const std::function<Result<void>(const Entries&)>& each) {
  const CampaignKeys keys(campaign);
  std::string start = "-";
  while (true) {
    const auto reply = redis.command({"XRANGE", keys.outbox, start, "+", "COUNT", page_size});
    if (!reply) return reply.error();
    Entries page;
    for (std::size_t i = 0; i < (*reply)->elements; ++i) {
      const auto& entry = *(*reply)->element[i];
      if (entry.type != REDIS_REPLY_ARRAY || entry.elements != 2)
        return not_understood(keys.outbox);
      page.push_back({text_of(*entry.element[0]), pairs_of(*entry.element[1])});
    }
    if (page.empty()) return {};
    start = "(" + page.back().id;
    if (auto done = each(page); !done) return done;
  }
}

std::optional<std::vector<Waiting>> winners_of(const RawEntry& entry, std::int64_t epoch) {
  std::vector<Waiting> winners;
  bool has_epoch = false;
  bool has_time = false;
  for (const auto& [name, text] : entry.fields) {
    const auto value = whole_number(text);
    if (!value) return std::nullopt;
    if (name == "epoch") {
      if (*value != epoch) return std::nullopt;
      has_epoch = true;
    } else if (name == "at") {
      has_time = true;
    } else {
      const auto user = whole_number(name);
      if (!user) return std::nullopt;
      winners.push_back({*user, *value, entry.id});
    }
  }
  if (!has_epoch || !has_time || winners.empty()) return std::nullopt;
  return winners;
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
