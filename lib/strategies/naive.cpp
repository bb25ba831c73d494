// Count, then insert, exactly as the sources write it: `if (count > limit) return`.
//
// Two bugs in one line. The count is taken before the insert, so `>` lets one coupon too many
// through even with a single thread; and two threads that read the same count both insert.
#include "strategies/count_then_insert.h"

namespace couponctl::strategies {
namespace {

bool above_limit(std::int64_t count, std::int64_t limit) { return count > limit; }

const Register<Tables, EachAlone<CountThenInsert<above_limit>>> registered{
    {.name = "naive", .summary = "count rows, `> limit` return, insert: as written", .step = 10}};

}  // namespace
}  // namespace couponctl::strategies
