// INCR decides, then every winner is a direct INSERT.
//
// Right, because INCR is atomic and its answer is the value after the increment, so here
// `> limit` is no off-by-one. The burst of winners still lands on the database.
#include "strategies/coupon_table.h"
#include "strategies/redis_keys.h"
#include "strategies/strategy.h"

namespace couponctl::strategies {
namespace {

class Caller final : public Applicant {
 public:
  explicit Caller(const Scratch& scratch)
      : limit_(scratch.limit), counter_(scratch), rows_(scratch) {}

  core::Result<Answer> apply(core::UserId user) override {
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

class RedisIncr final : public Strategy {
 public:
  explicit RedisIncr(const Scratch& scratch) : scratch_(scratch), keys_(scratch), table_(scratch) {}

  void reset() override {
    keys_.clear();
    table_.clear();
  }
  std::unique_ptr<Applicant> applicant() override { return std::make_unique<Caller>(scratch_); }
  core::Result<std::vector<core::UserId>> issued() override { return table_.users(); }

 private:
  Scratch scratch_;
  RedisKeys keys_;
  CouponTable table_;
};

const Register<RedisIncr> registered{
    {.name = "redis-incr",
     .summary = "INCR, `> limit` return, insert",
     .step = 90,
     .promise = {.never_over_quota = true, .across_processes = true},
     .needs = {.redis = true}}};

}  // namespace
}  // namespace couponctl::strategies
