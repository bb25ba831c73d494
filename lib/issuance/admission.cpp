#include "issuance/admission.h"

#include <embedded/lib/issuance/admission.lua.h>
#include <embedded/lib/issuance/quarantine.lua.h>
#include <fmt/format.h>

#include <cassert>
#include <charconv>

namespace couponctl::issuance {
namespace {

using core::Decision;
using core::Error;
using core::Fault;
using core::Result;
using core::UserId;

constexpr std::size_t answers_begin = 4;  // after verdict, stream id, epoch and time

std::string_view text_of(const redisReply& reply) { return {reply.str, reply.len}; }

bool is_text(const redisReply& reply) {
  return reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS;
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

Error not_understood(std::string_view what) {
  return {Fault::refused, {}, fmt::format("redis: {} is not as expected", what)};
}

Admitted all_unavailable(std::size_t users, std::string_view reason) {
  return {.answers = std::vector<Answer>(users, {.decision = Decision::unavailable}),
          .epoch = 0,
          .at_ms = 0,
          .unavailable = std::string(reason)};
}

// What an applicant without a place is told.
std::optional<Decision> refusal(std::string_view verdict) {
  if (verdict == "OK") return Decision::sold_out;
  if (verdict == "NOT_OPEN") return Decision::not_open;
  if (verdict == "CLOSED") return Decision::closed;
  if (verdict == "BUSY") return Decision::unavailable;
  return std::nullopt;
}

// "seq|stream id", as the users hash holds it.
std::optional<Answer> earlier_place(std::string_view text) {
  const auto bar = text.find('|');
  const auto seq = number_in(text.substr(0, bar));
  if (bar == std::string_view::npos || !seq) return std::nullopt;
  return Answer{Decision::duplicate, *seq, std::string(text.substr(bar + 1))};
}

Result<Admitted> read_answers(const redisReply& reply, std::size_t users) {
  const auto verdict = reply.elements > 0 && is_text(*reply.element[0]) ? text_of(*reply.element[0])
                                                                        : std::string_view();
  if (reply.elements == 1) return all_unavailable(users, verdict);
  const auto refused = refusal(verdict);
  if (reply.elements != answers_begin + users || !refused) return not_understood("an admission");
  Admitted admitted{.answers = {},
                    .epoch = reply.element[2]->integer,
                    .at_ms = reply.element[3]->integer,
                    .unavailable = ""};
  const std::string entry_id(text_of(*reply.element[1]));
  for (std::size_t i = answers_begin; i < reply.elements; ++i) {
    const auto& answer = *reply.element[i];
    if (is_text(answer)) {
      auto place = earlier_place(text_of(answer));
      if (!place) return all_unavailable(users, "CORRUPT");
      admitted.answers.push_back(*std::move(place));
    } else if (answer.integer > 0) {
      admitted.answers.push_back({Decision::admitted, answer.integer, entry_id});
    } else {
      admitted.answers.push_back({.decision = *refused});
    }
  }
  if (refused == Decision::unavailable) admitted.unavailable = verdict;
  return admitted;
}

// [name, value, …]: epoch, at, then user and seq of each winner. None if it is anything else.
std::vector<Winner> read_winners(const std::string& campaign, const redisReply& fields) {
  if (fields.type != REDIS_REPLY_ARRAY || fields.elements % 2 != 0) return {};
  std::vector<Winner> winners;
  std::optional<std::int64_t> epoch;
  std::optional<std::int64_t> at;
  for (std::size_t i = 0; i < fields.elements; i += 2) {
    const auto field = text_of(*fields.element[i]);
    const auto value = number_in(text_of(*fields.element[i + 1]));
    if (!value) return {};
    if (field == "epoch") {
      epoch = value;
    } else if (field == "at") {
      at = value;
    } else {
      const auto user = number_in(field);
      if (!user || *user < 0 || !epoch || !at) return {};
      winners.push_back({campaign, *epoch, UserId{*user}, *value, *at});
    }
  }
  return winners;
}

// [[id, fields], …], as XRANGE gives them.
Result<std::vector<OutboxEntry>> read_entries(const std::string& campaign,
                                              const redisReply& reply) {
  if (reply.type != REDIS_REPLY_ARRAY) return not_understood("an outbox");
  std::vector<OutboxEntry> entries;
  for (std::size_t i = 0; i < reply.elements; ++i) {
    const auto& entry = *reply.element[i];
    if (entry.type != REDIS_REPLY_ARRAY || entry.elements != 2)
      return not_understood("an outbox entry of campaign " + campaign);
    entries.push_back(
        {std::string(text_of(*entry.element[0])), read_winners(campaign, *entry.element[1])});
  }
  return entries;
}

}  // namespace

CampaignKeys::CampaignKeys(std::string_view campaign)
    : meta(fmt::format("coupon:{{{}}}:meta", campaign)),
      users(fmt::format("coupon:{{{}}}:users", campaign)),
      outbox(fmt::format("coupon:{{{}}}:outbox", campaign)),
      quarantine(fmt::format("coupon:{{{}}}:quarantine", campaign)) {}

Result<Admission> Admission::connect(const redis::Address& address, redis::Timeouts timeouts) {
  auto client = redis::Client::connect(address, timeouts);
  if (!client) return client.error();
  auto run_id = client->info("server", "run_id");
  if (!run_id) return run_id.error();
  return Admission(*std::move(client), *std::move(run_id));
}

Result<Admitted> Admission::admit(const std::string& campaign, std::span<const UserId> users) {
  assert(!users.empty());
  assert(users.size() <= admit_users_max);
  const CampaignKeys keys(campaign);
  const std::string_view names[] = {keys.meta, keys.users, keys.outbox};
  std::vector<std::string> numbers;
  numbers.reserve(users.size());
  for (const auto user : users) numbers.push_back(std::to_string(core::number(user)));
  std::vector<std::string_view> arguments{run_id_};
  arguments.insert(arguments.end(), numbers.begin(), numbers.end());
  const auto reply = client_.eval(embedded::admission_lua, names, arguments);
  if (!reply && redis::is(reply.error(), redis::wrong_type))
    return all_unavailable(users.size(), "CORRUPT");
  if (!reply) return reply.error();
  if ((*reply)->type != REDIS_REPLY_ARRAY) return not_understood("an admission");
  return read_answers(**reply, users.size());
}

Result<std::vector<OutboxEntry>> Admission::read_outbox(const std::string& campaign,
                                                        const std::string& after_id,
                                                        std::int64_t entries_max) {
  const auto start = after_id.empty() ? std::string("-") : "(" + after_id;
  const auto count = std::to_string(entries_max);
  const auto reply =
      client_.command({"XRANGE", CampaignKeys(campaign).outbox, start, "+", "COUNT", count});
  if (!reply) return reply.error();
  return read_entries(campaign, **reply);
}

Result<std::optional<OutboxEntry>> Admission::outbox_entry(const std::string& campaign,
                                                           const std::string& id) {
  const auto reply = client_.command({"XRANGE", CampaignKeys(campaign).outbox, id, id});
  if (!reply) return reply.error();
  auto entries = read_entries(campaign, **reply);
  if (!entries) return entries.error();
  return entries->empty() ? std::nullopt : std::optional(std::move(entries->front()));
}

Result<bool> Admission::quarantine(const std::string& campaign, const std::string& id) {
  const CampaignKeys keys(campaign);
  const std::string_view names[] = {keys.outbox, keys.quarantine};
  const std::string_view arguments[] = {id};
  const auto moved = redis::integer(client_.eval(embedded::quarantine_lua, names, arguments));
  if (!moved) return moved.error();
  return *moved > 0;
}

Result<std::int64_t> Admission::outbox_length(const std::string& campaign) {
  return redis::integer(client_.command({"XLEN", CampaignKeys(campaign).outbox}));
}

Result<std::int64_t> Admission::forget(const std::string& campaign,
                                       std::span<const std::string> ids) {
  const CampaignKeys keys(campaign);
  std::vector<std::string_view> words{"XDEL", keys.outbox};
  words.insert(words.end(), ids.begin(), ids.end());
  return redis::integer(client_.command(words));
}

}  // namespace couponctl::issuance
