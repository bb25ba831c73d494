// INCR decides, the winner's id goes to Kafka, a consumer inserts.
//
// The rate to the database is now the consumer's. The price: a row comes later than the answer,
// and a winner whose message is lost has spent a slot for nothing.
#include "strategies/coupon_sender.h"
#include "strategies/redis_keys.h"
#include "strategies/tables_and_topic.h"

namespace couponctl::strategies {
namespace {

using load::Answer;

class Caller final : public load::Caller {
 public:
  Caller(const Scratch& scratch, CouponSender& sender)
      : limit_(scratch.limit), counter_(scratch), sender_(sender) {}

  core::Result<Answer> ask(core::UserId user) override {
    const auto count = counter_.increment();
    if (!count) return count.error();
    if (*count > limit_) return Answer::sold_out;
    if (auto sent = sender_.send(user); !sent) return sent.error();
    return Answer::granted;
  }

 private:
  std::int64_t limit_;
  RedisCounter counter_;
  CouponSender& sender_;
};

const Register<TablesAndTopic, SendersAttachment<Caller>> registered{
    {.name = "redis-incr-kafka",
     .summary = "INCR, produce; a consumer inserts",
     .step = 100,
     .promise = {.never_over_quota = true, .first_come_first_served = true},
     .needs = {.redis = true, .kafka = true}}};

}  // namespace
}  // namespace couponctl::strategies
