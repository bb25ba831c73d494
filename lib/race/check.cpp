#include "race/check.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <vector>

namespace couponctl::race {
namespace {

using core::UserId;
using load::Call;
using load::Outcome;
using load::Promise;

using Users = std::vector<UserId>;

struct Told {
  Users granted;  // sorted; a user stands there once for each time
  std::int64_t unknown = 0;
  std::int64_t calls = 0;
};

Told read(const Calls& calls) {
  Told told;
  calls([&](const Call& call) {
    ++told.calls;
    told.unknown += call.outcome == Outcome::unknown;
    if (call.outcome == Outcome::granted) told.granted.push_back(call.user);
  });
  std::ranges::sort(told.granted);
  return told;
}

Users users_of(std::span<const load::Row> rows) {
  Users users;
  users.reserve(rows.size());
  std::ranges::transform(rows, std::back_inserter(users), &load::Row::user);
  std::ranges::sort(users);
  return users;
}

// How many of `wanted` are not matched by one of `there`, both as sorted multisets.
std::int64_t missing(const Users& wanted, const Users& there) {
  Users absent;
  std::ranges::set_difference(wanted, there, std::back_inserter(absent));
  return std::ssize(absent);
}

std::int64_t repeats(Users sorted) {
  const auto all = std::ssize(sorted);
  return all - (std::ranges::unique(sorted).begin() - sorted.begin());
}

// Rows of users with no call that can have granted one.
std::int64_t phantoms(const Users& rows, const Users& granted, const Calls& calls) {
  Users suspects;
  std::ranges::copy_if(rows, std::back_inserter(suspects),
                       [&](UserId user) { return !std::ranges::binary_search(granted, user); });
  if (suspects.empty()) return 0;
  std::vector<bool> explained(suspects.size());
  calls([&](const Call& call) {
    if (call.outcome != Outcome::unknown && call.outcome != Outcome::duplicate) return;
    const auto [begin, end] = std::ranges::equal_range(suspects, call.user);
    std::fill(explained.begin() + (begin - suspects.begin()),
              explained.begin() + (end - suspects.begin()), true);
  });
  return std::ranges::count(explained, false);
}

// Users who were told "duplicate" and hold nothing, and neither won nor came too late.
std::int64_t locked_out(const Users& rows, const Users& granted, const Calls& calls) {
  Users suspects;
  const auto compact = [&] {
    std::ranges::sort(suspects);
    suspects.erase(std::ranges::unique(suspects).begin(), suspects.end());
  };
  std::size_t compacted_at = 1024;
  calls([&](const Call& call) {
    if (call.outcome != Outcome::duplicate || std::ranges::binary_search(rows, call.user) ||
        std::ranges::binary_search(granted, call.user))
      return;
    suspects.push_back(call.user);
    if (suspects.size() < compacted_at) return;
    compact();
    compacted_at = 2 * suspects.size() + 1024;
  });
  compact();
  if (suspects.empty()) return 0;
  std::vector<bool> explained(suspects.size());
  calls([&](const Call& call) {
    if (call.outcome != Outcome::sold_out) return;
    const auto found = std::ranges::lower_bound(suspects, call.user);
    if (found != suspects.end() && *found == call.user)
      explained[static_cast<std::size_t>(found - suspects.begin())] = true;
  });
  return std::ranges::count(explained, false);
}

// How many there are of the calls that `counts` takes, or of their users, but not above `enough`.
std::int64_t count_up_to(std::int64_t enough, bool by_user, const Calls& calls,
                         const std::function<bool(const Call&)>& counts) {
  std::int64_t taken = 0;
  Users users;
  const auto compact = [&] {
    std::ranges::sort(users);
    users.erase(std::ranges::unique(users).begin(), users.end());
  };
  calls([&](const Call& call) {
    if (!counts(call) || taken >= enough) return;
    if (!by_user) {
      ++taken;
      return;
    }
    users.push_back(call.user);
    if (std::ssize(users) < 2 * enough + 1024) return;
    compact();
    if (std::ssize(users) >= enough) taken = enough;
  });
  compact();
  return by_user ? std::min(std::max(taken, std::ssize(users)), enough) : taken;
}

// How many calls without an answer there is a row for that no granted call explains.
std::int64_t settled(const Users& rows, const Users& granted, const Calls& calls) {
  Users spare;
  std::ranges::set_difference(rows, granted, std::back_inserter(spare));
  if (spare.empty()) return 0;
  std::int64_t issued = 0;
  std::vector<std::uint32_t> taken(spare.size());  // counted at a user's first spare row
  calls([&](const Call& call) {
    if (call.outcome != Outcome::unknown) return;
    const auto [begin, end] = std::ranges::equal_range(spare, call.user);
    if (begin == end) return;
    auto& count = taken[static_cast<std::size_t>(begin - spare.begin())];
    if (count == end - begin) return;
    ++count;
    ++issued;
  });
  return issued;
}

// When somebody who never got a coupon was first told that there are none left.
std::int64_t first_refusal_ns(const Users& rows, const Users& granted, const Calls& calls) {
  auto first = std::numeric_limits<std::int64_t>::max();
  calls([&](const Call& call) {
    if (call.outcome == Outcome::sold_out && call.answered_ns < first &&
        !std::ranges::binary_search(rows, call.user) &&
        !std::ranges::binary_search(granted, call.user))
      first = call.answered_ns;
  });
  return first;
}

// Granted calls that were sent after the first refusal, and cannot have been granted before it.
std::int64_t inversions(const Users& rows, const Users& granted, const Calls& calls) {
  const auto refused_ns = first_refusal_ns(rows, granted, calls);
  Users late;
  calls([&](const Call& call) {
    if (call.outcome == Outcome::granted && call.sent_ns > refused_ns) late.push_back(call.user);
  });
  if (late.empty()) return 0;
  std::ranges::sort(late);
  std::vector<bool> explained(late.size());
  calls([&](const Call& call) {
    if (call.outcome != Outcome::unknown) return;
    const auto [begin, end] = std::ranges::equal_range(late, call.user);
    std::fill(explained.begin() + (begin - late.begin()), explained.begin() + (end - late.begin()),
              true);
  });
  return std::ranges::count(explained, false);
}

std::int64_t unissued(const Findings& found, const Told& told, const Calls& calls,
                      std::int64_t limit, const Promise& promise) {
  const auto left = limit - found.issued - found.lost;
  if (left <= 0) return 0;
  const auto refused = count_up_to(left, promise.one_per_user, calls, [](const Call& call) {
    return call.outcome == Outcome::sold_out;
  });
  if (refused > 0 || told.unknown > 0) return refused;
  // Who may have several and was told to have one already has asked for nothing that is not there.
  const auto asked = count_up_to(limit, promise.one_per_user, calls, [&](const Call& call) {
    return promise.one_per_user || call.outcome != Outcome::duplicate;
  });
  return std::max<std::int64_t>(0, asked - found.issued - found.lost);
}

}  // namespace

std::string_view name(Flaw flaw) {
  switch (flaw) {
    case Flaw::over:
      return "over-issues";
    case Flaw::duplicate:
      return "duplicates";
    case Flaw::lost:
      return "loses";
    case Flaw::phantom:
      return "phantom";
    case Flaw::locked_out:
      return "locks out";
    case Flaw::inversion:
      return "FCFS inversion";
    case Flaw::under:
      break;
  }
  return "under-issues";
}

std::string_view key(Flaw flaw) {
  switch (flaw) {
    case Flaw::over:
      return "over";
    case Flaw::duplicate:
      return "duplicate";
    case Flaw::lost:
      return "lost";
    case Flaw::phantom:
      return "phantom";
    case Flaw::locked_out:
      return "locked_out";
    case Flaw::inversion:
      return "fcfs_inversion";
    case Flaw::under:
      break;
  }
  return "under";
}

std::int64_t Findings::count(Flaw flaw) const {
  switch (flaw) {
    case Flaw::over:
      return over;
    case Flaw::duplicate:
      return duplicate;
    case Flaw::lost:
      return lost;
    case Flaw::phantom:
      return phantom;
    case Flaw::locked_out:
      return locked_out;
    case Flaw::inversion:
      return inversion;
    case Flaw::under:
      break;
  }
  return under;
}

bool Findings::clean() const {
  return std::ranges::all_of(all_flaws, [this](Flaw flaw) { return count(flaw) == 0; });
}

bool Findings::breaks(const Promise& promise) const {
  if (promise.never_over_quota && (over > 0 || under > 0)) return true;
  if (promise.one_per_user && duplicate > 0) return true;
  if (promise.first_come_first_served && inversion > 0) return true;
  return lost > 0 || phantom > 0 || locked_out > 0;
}

Findings check(const Calls& calls, std::span<const load::Row> rows, std::int64_t limit,
               const Promise& promise) {
  const auto told = read(calls);
  const auto users = users_of(rows);
  Findings found;
  found.issued = std::ssize(users);
  found.over = std::max<std::int64_t>(0, found.issued - limit);
  found.duplicate = repeats(users);
  found.lost = missing(told.granted, users);
  found.phantom = phantoms(users, told.granted, calls);
  found.locked_out = locked_out(users, told.granted, calls);
  found.under = unissued(found, told, calls, limit, promise);
  found.unknown_issued = settled(users, told.granted, calls);
  found.unknown_not_issued = told.unknown - found.unknown_issued;
  const auto may_be_returned = found.lost + found.unknown_not_issued;
  found.inversion =
      std::max<std::int64_t>(0, inversions(users, told.granted, calls) - may_be_returned);
  return found;
}

}  // namespace couponctl::race
