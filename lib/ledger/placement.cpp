#include "ledger/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <iterator>

#include "ledger/holders.h"
#include "mysql/errors.h"

namespace couponctl::ledger {
namespace {

using core::Result;
using Kind = Outcome::Kind;

// Rows of one statement. At 106 bytes a row at most it stays below 1 MB, which a server takes whose
// max_allowed_packet somebody lowered from the usual 16 MB.
constexpr std::size_t statement_rows_max = 9'000;

std::string insert_statement(const LockedCampaign& campaign, std::span<const Applicant> applicants,
                             const std::vector<std::int64_t>& slots) {
  const auto row = fmt::format("({},{},{},", campaign.id, campaign.epoch, campaign.quota);
  std::string statement = "INSERT INTO coupon (campaign_id,epoch,cap,slot,user_id,seq) VALUES ";
  statement.reserve(statement.size() + applicants.size() * 80);
  const auto append = [&](std::int64_t number, char end) {
    const fmt::format_int digits(number);
    statement.append(digits.data(), digits.size());
    statement += end;
  };
  for (std::size_t i = 0; i < applicants.size(); ++i) {
    if (i > 0) statement += ',';
    statement += row;
    append(slots[i], ',');
    append(applicants[i].user, ',');
    append(applicants[i].seq, ')');
  }
  return statement;
}

}  // namespace

Result<void> Placement::place(std::span<const Applicant> applicants) {
  while (!applicants.empty()) {
    const auto chunk = applicants.first(std::min(applicants.size(), statement_rows_max));
    auto placed = place_chunk(chunk);
    if (!placed) return placed;
    applicants = applicants.subspan(chunk.size());
  }
  return {};
}

// Optimistic: as a rule nobody of a batch holds a coupon and there is room for all, so the table is
// looked at only when it refuses.
Result<void> Placement::place_chunk(std::span<const Applicant> applicants) {
  if (!slots_.has_room_at_end(static_cast<std::int64_t>(applicants.size())))
    return place_who_holds_none(applicants);
  const auto slots = slots_.find(static_cast<std::int64_t>(applicants.size()));
  if (!slots) return slots.error();
  auto inserted = insert(applicants, *slots);
  if (inserted) return inserted;
  switch (mysql::classify(inserted.error())) {
    case mysql::ErrorClass::duplicate_key:
      return place_who_holds_none(applicants);
    case mysql::ErrorClass::bad_row:
      return single_out(applicants, inserted.error());
    default:
      return inserted;
  }
}

Result<void> Placement::place_who_holds_none(std::span<const Applicant> applicants) {
  std::vector<std::int64_t> users;
  std::ranges::transform(applicants, std::back_inserter(users), &Applicant::user);
  const auto held = holders(connection_, campaign_.id, campaign_.epoch, users);
  if (!held) return held.error();
  std::vector<Applicant> remaining;
  for (const auto& applicant : applicants) {
    if (held->contains(applicant.user))
      outcomes_[applicant.arrival].kind = Kind::duplicate;
    else
      remaining.push_back(applicant);
  }
  const auto free = slots_.find(static_cast<std::int64_t>(remaining.size()));
  if (!free) return free.error();
  if (free->size() < remaining.size()) {
    // First come, first served, as far as this batch knows.
    std::ranges::sort(remaining, {}, &Applicant::arrival);
    for (auto i = free->size(); i < remaining.size(); ++i)
      outcomes_[remaining[i].arrival].failure = FailureClass::over_quota;
    remaining.resize(free->size());
    std::ranges::sort(remaining, {}, &Applicant::user);
  }
  auto inserted = insert(remaining, *free);
  if (!inserted && mysql::classify(inserted.error()) == mysql::ErrorClass::bad_row)
    return single_out(remaining, inserted.error());
  return inserted;
}

// Somebody in here is a row that the database refuses: halve until it stands alone.
Result<void> Placement::single_out(std::span<const Applicant> applicants,
                                   const core::Error& error) {
  if (applicants.size() == 1) {
    auto& outcome = outcomes_[applicants.front().arrival];
    outcome.failure = FailureClass::rejected_row;
    outcome.errno_of_row = error.code.value;
    return {};
  }
  const auto half = applicants.size() / 2;
  auto placed = place_chunk(applicants.first(half));
  if (!placed) return placed;
  return place_chunk(applicants.subspan(half));
}

Result<void> Placement::insert(std::span<const Applicant> applicants,
                               const std::vector<std::int64_t>& slots) {
  assert(slots.size() == applicants.size());
  if (applicants.empty()) return {};
  const auto inserted = connection_.execute(insert_statement(campaign_, applicants, slots));
  if (!inserted) return inserted.error();
  slots_.take(slots);
  for (const auto& applicant : applicants) outcomes_[applicant.arrival].kind = Kind::issued;
  return {};
}

}  // namespace couponctl::ledger
