// Compares what the callers were told with the rows that are there. Pure: the one checker.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "load/call.h"
#include "load/target.h"

namespace couponctl::race {

// Hands every call of a run to its argument; it may be asked more than once.
using Calls = std::function<void(const std::function<void(const load::Call&)>&)>;

// What can be wrong with a run, in the order in which it is told.
enum class Flaw { over, duplicate, lost, phantom, locked_out, under, inversion };
constexpr Flaw all_flaws[] = {Flaw::over,       Flaw::duplicate, Flaw::lost,     Flaw::phantom,
                              Flaw::locked_out, Flaw::under,     Flaw::inversion};
std::string_view name(Flaw flaw);  // for people: "over-issues"
std::string_view key(Flaw flaw);   // for programs: "over"

struct Findings {
  std::int64_t issued = 0;     // rows
  std::int64_t over = 0;       // rows above the limit
  std::int64_t duplicate = 0;  // rows beyond a user's first
  std::int64_t lost = 0;       // told granted, and no row
  std::int64_t phantom = 0;    // rows of users whom nobody may have granted one
  // Users who were told to have one already, never anything else that explains it, and have none.
  std::int64_t locked_out = 0;
  std::int64_t under = 0;  // coupons that somebody was refused, or asked for, and nobody got
  // Winners' requests that began after somebody had been told "sold out" who never got one.
  std::int64_t inversion = 0;

  // No flaws: of the requests without an answer, how many have a row, and how many have none.
  std::int64_t unknown_issued = 0;
  std::int64_t unknown_not_issued = 0;

  std::int64_t count(Flaw flaw) const;
  bool clean() const;
  // Whether that goes against the promise. Nobody may lose a coupon, or get one out of nothing,
  // whatever was promised.
  bool breaks(const load::Promise& promise) const;
};

// What is certain of a run that has settled, of `limit` coupons:
// - a call that got no answer may have been granted or not, so its user is neither lost nor
// phantom;
// - who was told "duplicate" may hold a row, and need not;
// - `under` is certain where all was answered and more asked than there are rows, and where
// somebody
//   was refused although coupons were left. A design that does not promise one coupon a user may
//   give a user several, so there each request counts as somebody;
// - a row that no granted call explains is that of a call of this user that got no answer, if there
//   is one;
// - `inversion`: the first refusal is the earliest answer "sold out" to a user who was never
// granted
//   a coupon and has no row. A granted call that was sent after it inverts the order, unless its
//   user also has a call without an answer, which may have won before. A coupon that was returned
//   in between explains one of them each: so many are taken off as may have been returned, those of
//   callers who were granted one, or not answered, and have no row. Where calls have no times
//   nothing is said.
// Memory: 12 bytes for each granted call and row.
Findings check(const Calls& calls, std::span<const load::Row> rows, std::int64_t limit,
               const load::Promise& promise);

}  // namespace couponctl::race
