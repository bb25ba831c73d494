// SADD refuses the second try, INCR decides, Kafka carries the winner: the sources' final form.
//
// One coupon a user. But SADD and INCR are two commands: a crash between them locks the user out
// with no coupon, and a loser stays in the set for ever.
#include "strategies/coupon_topic.h"
#include "strategies/redis_keys.h"
#include "strategies/strategy.h"

namespace couponctl::strategies {
namespace {

class Caller final : public Applicant {
 public:
  Caller(const Scratch& scratch, CouponTopic& topic)
      : limit_(scratch.limit), counter_(scratch), topic_(topic) {}

  core::Result<Answer> apply(core::UserId user) override {
    const auto requested_at = CouponTopic::Clock::now();
    const auto added = counter_.add_user(user);
    if (!added) return added.error();
    if (!*added) return Answer::duplicate;
    const auto count = counter_.increment();
    if (!count) return count.error();
    if (*count > limit_) return Answer::sold_out;
    if (auto sent = topic_.send(user, requested_at); !sent) return sent.error();
    return Answer::granted;
  }

 private:
  std::int64_t limit_;
  RedisCounter counter_;
  CouponTopic& topic_;
};

const Register<KafkaStrategy<Caller>> registered{
    {.name = "redis-set-kafka",
     .summary = "SADD, INCR, produce: the sources' final form",
     .step = 110,
     .promise = {.never_over_quota = true, .one_per_user = true, .across_processes = true},
     .needs = {.redis = true, .kafka = true}}};

}  // namespace
}  // namespace couponctl::strategies
