// A lock on Redis around count and insert.
//
// Right while the lease holds: a caller that is stopped for longer than that goes on, beside the
// next one, as if it still held the lock. Everybody stands in one line, as with mysql-lock.
#include "strategies/count_then_insert.h"
#include "strategies/redis_lease.h"

namespace couponctl::strategies {
namespace {

using core::Result;
using load::Answer;

class Caller final : public load::Caller {
 public:
  explicit Caller(const Scratch& scratch) : lock_(scratch), naive_ge_(scratch) {}

  Result<Answer> ask(core::UserId user) override {
    if (auto acquired = lock_.acquire(); !acquired) return acquired.error();
    auto answer = naive_ge_.ask(user);
    const auto released = lock_.release();
    if (answer && !released) return released.error();
    return answer;
  }

 private:
  RedisLease lock_;
  CountThenInsert<at_limit> naive_ge_;
};

const Register<TablesAndKeys, EachAlone<Caller>> registered{
    {.name = "redis-lock",
     .summary = "a lock on Redis (SET NX PX) around count and insert",
     .step = 70,
     .promise = {.never_over_quota = true, .first_come_first_served = true},
     .needs = {.redis = true}}};

}  // namespace
}  // namespace couponctl::strategies
