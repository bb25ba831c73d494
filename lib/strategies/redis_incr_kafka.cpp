// INCR decides, the winner's id goes to Kafka, a consumer inserts.
//
// The rate to the database is now the consumer's. The price: a row comes later than the answer,
// and a winner whose message is lost has spent a slot for nothing.
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
    {.name = "redis-incr-kafka",
     .summary = "INCR, produce; a consumer inserts",
     .step = 100,
     .promise = {.never_over_quota = true, .across_processes = true},
     .needs = {.redis = true, .kafka = true}}};

}  // namespace
}  // namespace couponctl::strategies
