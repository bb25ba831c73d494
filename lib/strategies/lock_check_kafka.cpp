// Under a lock: has this user a row? INCR, produce; a consumer inserts.
//
// The count is right. But the row comes later than the answer, so that the same user finds none,
// and gets another coupon, for as long as the consumer lags: no lock helps against that.
#include "strategies/coupon_sender.h"
#include "strategies/redis_keys.h"
#include "strategies/redis_lease.h"
#include "strategies/tables_and_topic.h"

namespace couponctl::strategies {
namespace {

using core::Result;
using load::Answer;

class Caller final : public load::Caller {
 public:
  Caller(const Scratch& scratch, CouponSender& sender)
      : limit_(scratch.limit), lock_(scratch), rows_(scratch), counter_(scratch), sender_(sender) {}

  Result<Answer> ask(core::UserId user) override {
    if (auto acquired = lock_.acquire(); !acquired) return acquired.error();
    auto answer = ask_locked(user);
    const auto released = lock_.release();
    if (answer && !released) return released.error();
    return answer;
  }

 private:
  Result<Answer> ask_locked(core::UserId user) {
    const auto has_one = rows_.has(user);
    if (!has_one) return has_one.error();
    if (*has_one) return Answer::duplicate;
    const auto count = counter_.increment();
    if (!count) return count.error();
    if (*count > limit_) return Answer::sold_out;
    if (auto sent = sender_.send(user); !sent) return sent.error();
    return Answer::granted;
  }

  std::int64_t limit_;
  RedisLease lock_;
  CouponRows rows_;
  RedisCounter counter_;
  CouponSender& sender_;
};

const Register<TablesAndTopic, SendersAttachment<Caller>> registered{
    {.name = "lock-check-kafka",
     .summary = "under a lock: has the user a row? INCR, produce; a consumer inserts",
     .step = 80,
     .promise = {.never_over_quota = true, .first_come_first_served = true},
     .needs = {.redis = true, .kafka = true}}};

}  // namespace
}  // namespace couponctl::strategies
