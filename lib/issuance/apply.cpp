#include "issuance/apply.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <thread>

#include "core/failure.h"
#include "core/fault_points.h"
#include "core/parse.h"
#include "ledger/lookup.h"
#include "servers/connect.h"

namespace couponctl::issuance {
namespace {

using core::Decision;
using core::kill_point;
using core::UserId;
using Clock = std::chrono::steady_clock;

// A connection that broke is made anew once: the second answer tells what the first one was.
constexpr int ask_tries_max = 2;
// How often a place that Redis lost before its message was acknowledged is asked for again.
constexpr int rounds_max = 2;
constexpr auto ledger_poll_interval = std::chrono::milliseconds(10);

// The client counts in seconds: it may be one second too late.
mysql::Timeouts until(Clock::time_point deadline) {
  const auto left = std::max(std::chrono::ceil<std::chrono::seconds>(deadline - Clock::now()),
                             std::chrono::seconds(1));
  return {.connect = left, .read = left, .write = left};
}

bool holds_a_place(const Applied& applied) {
  return applied.decision == Decision::admitted || applied.decision == Decision::queued ||
         applied.decision == Decision::duplicate;
}

}  // namespace

Apply::Apply(const ApplyOptions& options, Handover* handover)
    : options_(options), handover_(handover) {
  assert(handover || options.ack == Ack::redis);
  timeouts_ = {.connect = std::min(timeouts_.connect, options_.timeout),
               .command = std::min(timeouts_.command, options_.timeout)};
  admission_ = servers::connected(Admission::connect(options_.redis, timeouts_), options_.redis);
}

std::vector<Applied> Apply::apply(std::span<const UserId> users) { return finish(ask(users)); }

Apply::Asked Apply::ask(std::span<const UserId> users) {
  Asked asked{.applied = {}, .places = {}, .deadline = Clock::now() + options_.timeout};
  asked.applied = ask(users, asked.places, asked.deadline);
  return asked;
}

std::vector<Applied> Apply::finish(Asked asked) {
  if (options_.ack != Ack::redis) hand_over(asked.applied, asked.places, asked.deadline);
  if (options_.ack == Ack::ledger) await_rows(asked.applied, asked.places.epoch, asked.deadline);
  return std::move(asked.applied);
}

bool Apply::is_final(const Applied& applied) const {
  return options_.ack == Ack::redis || !holds_a_place(applied);
}

std::vector<Applied> Apply::ask(std::span<const UserId> users, Places& places, Deadline deadline) {
  Applied unknown;
  for (int tries = 0; tries < ask_tries_max; ++tries) {
    if (tries > 0 && Clock::now() >= deadline) break;
    if (const auto connected = connect_if_broken(); !connected) {
      unknown.reason = connected.error().text;
      continue;
    }
    kill_point("apply.asking");
    const auto answered = admission_->admit(
        options_.campaign, users, options_.ack == Ack::redis ? HandsOver::relay : HandsOver::asker);
    kill_point("apply.answered");
    if (answered) return tell(users, *answered, unknown, places);
    unknown.reason = answered.error().text;
    if (!core::ends_connection(answered.error().fault)) break;  // nothing was decided
    unknown.decision = Decision::in_doubt;  // it may have been decided and the answer lost
    admission_.reset();
  }
  std::vector<Applied> applied(users.size(), unknown);
  for (std::size_t i = 0; i < users.size(); ++i) applied[i].user = users[i];
  places.entry_of.resize(users.size());
  return applied;
}

core::Result<void> Apply::connect_if_broken() {
  if (admission_) return {};
  auto connected = Admission::connect(options_.redis, timeouts_);
  if (!connected) return connected.error();
  admission_ = *std::move(connected);
  return {};
}

// `before` is what was known before this answer: in doubt, if an earlier one got lost.
std::vector<Applied> Apply::tell(std::span<const UserId> users, const Admitted& admitted,
                                 const Applied& before, Places& places) const {
  std::vector<Applied> applied;
  places.epoch = admitted.epoch;
  for (std::size_t i = 0; i < users.size(); ++i) {
    const auto& [decision, seq, entry_id] = admitted.answers[i];
    applied.push_back({.user = users[i], .decision = decision, .seq = seq});
    places.entry_of.push_back(entry_id);
    if (decision == Decision::in_doubt)
      applied[i].reason =
          "Redis holds a place of this user that cannot be read: run \"couponctl "
          "recover --campaign " +
          options_.campaign + "\"";
    if (decision == Decision::unavailable) applied[i].reason = admitted.unavailable;
    if (decision == Decision::unavailable && !admitted.places_known &&
        before.decision == Decision::in_doubt) {
      applied[i].decision = Decision::in_doubt;
      applied[i].reason = before.reason + "; asked again, Redis is " + admitted.unavailable;
    }
    if (decision != Decision::admitted) continue;
    places.place_of.push_back(i);
    places.winners.push_back({options_.campaign, admitted.epoch, users[i], seq, admitted.at_ms});
    places.entry_users[entry_id].insert(users[i]);
  }
  return applied;
}

void Apply::hand_over(std::vector<Applied>& applied, Places& places, Deadline deadline) {
  for (int round = 0; round < rounds_max; ++round) {
    add_waiting_duplicates(applied, places);
    if (places.winners.empty()) return;
    const auto persisted = handover_->send(places.winners, deadline);
    std::set<std::size_t> acknowledged;
    for (std::size_t i = 0; i < persisted.size(); ++i) {
      auto& told = applied[places.place_of[i]];
      if (persisted[i]) {
        acknowledged.insert(i);
        if (told.decision == Decision::admitted) told.decision = Decision::queued;
      } else {
        told.decision = Decision::in_doubt;
        told.reason = "kafka did not acknowledge within " + core::format_duration(options_.timeout);
        told.kafka_is_silent = true;
      }
    }
    if (forget(places, acknowledged)) return;
    places = ask_again(applied, places, acknowledged, deadline);
  }
  for (const auto place : places.place_of) {
    applied[place].decision = Decision::in_doubt;
    applied[place].reason = "redis lost the place again while it was handed over";
  }
}

// An entry was gone before we deleted it: somebody relayed it, or Redis lost it. Only the admission
// script can tell. Those whom it knows keep what they were told, also where it is fenced: Kafka's
// acknowledgement stands. Those whom it does not know are told what it says now; the places among
// them are to be handed over.
Apply::Places Apply::ask_again(std::vector<Applied>& applied, const Places& places,
                               const std::set<std::size_t>& acknowledged, Deadline deadline) {
  std::vector<UserId> users;
  std::vector<std::size_t> place_of_asked;
  for (const auto i : acknowledged) {
    users.push_back(places.winners[i].user);
    place_of_asked.push_back(places.place_of[i]);
  }
  Places again;
  const auto answers = ask(users, again, deadline);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto decision = answers[i].decision;
    const bool lost = decision != Decision::duplicate && decision != Decision::unavailable &&
                      decision != Decision::in_doubt;
    if (lost) applied[place_of_asked[i]] = answers[i];
  }
  for (auto& place : again.place_of) place = place_of_asked[place];
  again.entry_of.assign(applied.size(), "");  // no duplicate is waiting any more
  return again;
}

core::Result<std::optional<OutboxEntry>> Apply::outbox_entry(const std::string& id) {
  if (!admission_) return core::Error{core::Fault::unreachable, {}, "redis: the connection broke"};
  auto found = admission_->outbox_entry(options_.campaign, id);
  if (!found && core::ends_connection(found.error().fault)) admission_.reset();
  return found;
}

// A duplicate whose message may never have been sent is sent again, so that a retry completes even
// where no relay runs. If it cannot be told whether it was sent, the applicant is told that.
void Apply::add_waiting_duplicates(std::vector<Applied>& applied, Places& places) {
  std::map<std::string, core::Result<std::optional<OutboxEntry>>> entries;
  for (std::size_t i = 0; i < applied.size(); ++i) {
    auto& told = applied[i];
    const auto& id = places.entry_of[i];
    if (told.decision != Decision::duplicate || id.empty()) continue;
    if (!entries.contains(id)) entries.emplace(id, outbox_entry(id));
    const auto& entry = entries.at(id);
    if (entry && !*entry) continue;  // it was handed over
    told.reason = entry ? "the outbox entry " + id + " cannot be read" : entry.error().text;
    if (entry) {
      for (const auto& winner : (*entry)->winners) {
        places.entry_users[id].insert(winner.user);
        if (winner.user != told.user) continue;
        places.winners.push_back(winner);
        places.place_of.push_back(i);
        told.reason = "";
      }
    }
    if (!told.reason.empty()) told.decision = Decision::in_doubt;
  }
}

// Deletes the entries whose users are all acknowledged; false if one of them was gone already.
bool Apply::forget(Places& places, const std::set<std::size_t>& acknowledged) {
  if (!admission_) return true;  // the entries stay, and the relay sends them again
  std::set<UserId> safe;
  for (const auto i : acknowledged) safe.insert(places.winners[i].user);
  std::vector<std::string> ids;
  for (const auto& [id, users] : places.entry_users)
    if (std::ranges::includes(safe, users)) ids.push_back(id);
  if (ids.empty()) return true;
  kill_point("apply.acknowledged");
  const auto deleted = admission_->forget(options_.campaign, ids);
  kill_point("apply.forgotten");
  if (!deleted && core::ends_connection(deleted.error().fault)) admission_.reset();
  return !deleted || *deleted == std::ssize(ids);
}

void Apply::await_rows(std::vector<Applied>& applied, std::int64_t epoch, Deadline deadline) const {
  std::set<UserId> waiting;
  for (const auto& told : applied)
    if (holds_a_place(told)) waiting.insert(told.user);
  std::map<UserId, ledger::Reached> reached;
  std::string trouble = "no row within " + core::format_duration(options_.timeout);
  std::optional<mysql::Connection> connection;
  while (!waiting.empty() && Clock::now() < deadline) {
    if (!connection) {
      auto connected = mysql::Connection::connect(options_.mysql, until(deadline));
      if (connected) connection = *std::move(connected);
    }
    const std::vector<UserId> users(waiting.begin(), waiting.end());
    if (connection) {
      auto found = ledger::look_up(*connection, options_.campaign, epoch, users);
      if (!found) connection.reset(), trouble = found.error().text;
      if (found) reached.merge(*found);
      std::erase_if(waiting, [&](UserId user) { return reached.contains(user); });
    }
    if (!waiting.empty()) std::this_thread::sleep_for(ledger_poll_interval);
  }
  for (auto& told : applied) {
    if (!holds_a_place(told)) continue;
    const auto place = reached.find(told.user);
    if (place == reached.end()) {
      told.decision = Decision::in_doubt;
      told.reason = trouble;
    } else if (place->second == ledger::Reached::failed_event) {
      told.decision = Decision::unavailable;
      told.reason = "kept as a failed event; see \"couponctl replay-failed --dry-run\"";
    } else if (told.decision != Decision::duplicate) {
      told.decision = Decision::issued;
    }
  }
}

}  // namespace couponctl::issuance
