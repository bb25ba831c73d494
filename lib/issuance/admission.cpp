#include "issuance/admission.h"

#include <embedded/lib/issuance/admission.lua.h>
#include <embedded/lib/issuance/quarantine.lua.h>

#include <algorithm>
#include <cassert>

namespace couponctl::issuance {
namespace {

using core::Decision;
using core::Result;
using core::UserId;

constexpr std::size_t answers_begin = 4;  // after verdict, stream id, epoch and time

Admitted all_unavailable(std::size_t users, std::string_view reason) {
  return {.answers = std::vector<Answer>(users, {.decision = Decision::unavailable}),
          .epoch = 0,
          .at_ms = 0,
          .unavailable = std::string(reason),
          .places_known = false};
}

bool says_nothing_of_places(std::string_view verdict) {
  constexpr std::string_view verdicts[] = {"UNINIT", "FENCED", "CORRUPT", "RECOVERING",
                                           "RESETTING"};
  return std::ranges::find(verdicts, verdict) != std::end(verdicts);
}

// What an applicant without a place is told.
std::optional<Decision> refusal(std::string_view verdict) {
  if (verdict == "OK") return Decision::sold_out;
  if (verdict == "NOT_OPEN") return Decision::not_open;
  if (verdict == "CLOSED") return Decision::closed;
  if (verdict == "BUSY") return Decision::unavailable;
  return std::nullopt;
}

// One user's answer. Only a winner of this call has the entry.
Result<Answer> read_answer(const redis::Value& value, Decision refused, std::string_view entry_id) {
  if (value.is_text()) {
    const auto place = parse_place(*value.text());
    if (!place) return Answer{.decision = Decision::in_doubt};
    return Answer{Decision::duplicate, place->seq, std::string(place->entry_id)};
  }
  const auto seq = value.integer();
  if (!seq) return seq.error();
  if (*seq == 0) return Answer{.decision = refused};
  if (*seq < 0 || entry_id.empty() || refused != Decision::sold_out)
    return value.unexpected("a place");
  return Answer{Decision::admitted, *seq, std::string(entry_id)};
}

}  // namespace

Result<Admitted> read_answers(const redis::Value& answer, std::size_t users) {
  const auto list = answer.array();
  if (!list) return list.error();
  if (list->size() == 0) return answer.unexpected("an admission");
  const auto verdict = (*list)[0].text();
  if (!verdict) return verdict.error();
  if (list->size() == 1 && says_nothing_of_places(*verdict))
    return all_unavailable(users, *verdict);
  const auto refused = refusal(*verdict);
  if (list->size() != answers_begin + users || !refused) return answer.unexpected("an admission");
  const auto entry_id = (*list)[1].text();
  if (!entry_id) return entry_id.error();
  const auto epoch = (*list)[2].integer();
  if (!epoch) return epoch.error();
  const auto at_ms = (*list)[3].integer();
  if (!at_ms) return at_ms.error();
  Admitted admitted{.answers = {}, .epoch = *epoch, .at_ms = *at_ms};
  admitted.answers.reserve(users);
  for (std::size_t i = answers_begin; i < list->size(); ++i) {
    auto told = read_answer((*list)[i], *refused, *entry_id);
    if (!told) return told.error();
    admitted.answers.push_back(*std::move(told));
  }
  if (refused == Decision::unavailable) admitted.unavailable = *verdict;
  return admitted;
}

Result<Admission> Admission::connect(const redis::Address& address, redis::Timeouts timeouts) {
  auto client = redis::Client::connect(address, timeouts);
  if (!client) return client.error();
  auto run_id = client->info("server", "run_id");
  if (!run_id) return run_id.error();
  return Admission(*std::move(client), *std::move(run_id));
}

Result<void> Admission::prepare() { return client_.load(embedded::admission_lua); }

Result<Admitted> Admission::admit(const std::string& campaign, std::span<const UserId> users,
                                  HandsOver hands_over) {
  assert(!users.empty());
  assert(users.size() <= admit_users_max);
  const CampaignKeys keys(campaign);
  const std::string_view names[] = {keys.meta, keys.users, keys.outbox};
  std::vector<std::string> numbers;
  numbers.reserve(users.size());
  for (const auto user : users) numbers.push_back(std::to_string(core::number(user)));
  std::vector<std::string_view> arguments{run_id_, hands_over == HandsOver::relay ? "1" : "0"};
  arguments.insert(arguments.end(), numbers.begin(), numbers.end());
  const auto reply = client_.eval(embedded::admission_lua, names, arguments);
  if (!reply && redis::is(reply.error(), redis::wrong_type))
    return all_unavailable(users.size(), "CORRUPT");
  if (!reply) return reply.error();
  return read_answers(reply->value(), users.size());
}

Result<std::vector<OutboxEntry>> Admission::read_outbox(const std::string& campaign,
                                                        const std::string& after_id,
                                                        std::int64_t entries_max) {
  return issuance::read_outbox(client_, campaign, after_id, entries_max);
}

Result<std::optional<OutboxEntry>> Admission::outbox_entry(const std::string& campaign,
                                                           const std::string& id) {
  return find_in_outbox(client_, campaign, id);
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
