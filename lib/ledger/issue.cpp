#include "ledger/issue.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "ledger/holders.h"
#include "ledger/locked_campaigns.h"
#include "ledger/placement.h"

namespace couponctl::ledger {
namespace {

using core::Result;
using Kind = Outcome::Kind;
using Applicants = std::vector<Applicant>;

// The applicants of a batch by whom they apply to.
struct Sorted {
  std::map<std::string, Applicants> current;
  std::map<std::pair<std::int64_t, std::int64_t>, Applicants> past_epochs;  // by id and epoch
};

Sorted sort_out(std::span<const Message> messages,
                const std::map<std::string, LockedCampaign>& campaigns,
                std::vector<Outcome>& outcomes) {
  Sorted sorted;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto& message = messages[i];
    auto& outcome = outcomes[i];
    if (message.failed) {
      outcome.failure = *message.failed;
      continue;
    }
    outcome.epoch = message.epoch;
    const auto campaign = campaigns.find(message.campaign);
    if (campaign == campaigns.end()) {
      outcome.failure = FailureClass::unknown_campaign;
      continue;
    }
    const auto& [id, epoch, quota, largest_slot] = campaign->second;
    outcome.campaign_id = id;
    outcome.epoch = message.epoch.value_or(epoch);
    // An epoch that is yet to come here: the database has lost commits, or is another one.
    if (*outcome.epoch > epoch) {
      outcome.failure = FailureClass::unknown_campaign;
      continue;
    }
    auto& group = *outcome.epoch == epoch ? sorted.current[message.campaign]
                                          : sorted.past_epochs[{id, *outcome.epoch}];
    group.push_back({core::number(message.user), message.seq, i});
  }
  return sorted;
}

Result<void> place(mysql::Connection& connection, Remembered& remembered,
                   const LockedCampaign& campaign, Applicants applicants,
                   std::vector<Outcome>& outcomes) {
  const auto by_user = [](const Applicant& one, const Applicant& other) {
    return std::pair(one.user, one.arrival) < std::pair(other.user, other.arrival);
  };
  std::ranges::sort(applicants, by_user);
  Applicants firsts;
  std::ranges::unique_copy(applicants, std::back_inserter(firsts), {}, &Applicant::user);
  auto placed = Placement(connection, remembered, campaign, outcomes).place(firsts);
  if (!placed) return placed;
  auto first = firsts.begin();
  for (const auto& applicant : applicants) {
    if (applicant.user != first->user) ++first;
    if (applicant.arrival == first->arrival) continue;
    auto& outcome = outcomes[applicant.arrival] = outcomes[first->arrival];
    if (outcome.kind == Kind::issued) outcome.kind = Kind::duplicate;
  }
  return {};
}

// Whoever holds a coupon of the epoch that the message names has what it asks for; nobody else gets
// one any more.
Result<void> judge_past_epoch(mysql::Connection& connection, std::int64_t id, std::int64_t epoch,
                              const Applicants& applicants, std::vector<Outcome>& outcomes) {
  std::vector<std::int64_t> users;
  std::ranges::transform(applicants, std::back_inserter(users), &Applicant::user);
  const auto held = holders(connection, id, epoch, users);
  if (!held) return held.error();
  for (const auto& applicant : applicants) {
    auto& outcome = outcomes[applicant.arrival];
    if (held->contains(applicant.user))
      outcome.kind = Kind::duplicate;
    else
      outcome.failure = FailureClass::stale_epoch;
  }
  return {};
}

}  // namespace

Result<std::vector<Outcome>> issue(mysql::Connection& connection, Remembered& remembered,
                                   std::span<const Message> messages) {
  std::set<std::string> names;
  for (const auto& message : messages)
    if (!message.failed) names.insert(message.campaign);
  const auto campaigns = lock_campaigns(connection, remembered, names);
  if (!campaigns) return campaigns.error();

  std::vector<Outcome> outcomes(messages.size());
  auto sorted = sort_out(messages, *campaigns, outcomes);
  for (auto& [name, applicants] : sorted.current) {
    const auto placed =
        place(connection, remembered, campaigns->at(name), std::move(applicants), outcomes);
    if (!placed) return placed.error();
  }
  for (const auto& [epoch, applicants] : sorted.past_epochs) {
    const auto judged =
        judge_past_epoch(connection, epoch.first, epoch.second, applicants, outcomes);
    if (!judged) return judged.error();
  }
  return outcomes;
}

}  // namespace couponctl::ledger
