// INCR decides, then every winner is a direct INSERT.
//
// Right, because INCR is atomic and its answer is the value after the increment, so here
// `> limit` is no off-by-one. The burst of winners still lands on the database.
#include "strategies/tables.h"

namespace couponctl::strategies {
namespace {

using load::Answer;

class Caller final : public load::Caller {
 public:
  explicit Caller(const Scratch& scratch)
      : limit_(scratch.limit), counter_(scratch), rows_(scratch) {}

  core::Result<Answer> ask(core::UserId user) override {
    const auto count = counter_.increment();
    if (!count) return count.error();
    if (*count > limit_) return Answer::sold_out;
    if (auto inserted = rows_.insert(user); !inserted) return inserted.error();
    return Answer::granted;
  }

 private:
  std::int64_t limit_;
  RedisCounter counter_;
  CouponRows rows_;
};

const Register<TablesAndKeys, EachAlone<Caller>> registered{
    {.name = "redis-incr",
     .summary = "INCR, `> limit` return, insert",
     .step = 90,
     .promise = {.never_over_quota = true, .first_come_first_served = true},
     .needs = {.redis = true}}};

}  // namespace
}  // namespace couponctl::strategies
