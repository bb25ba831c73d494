// SADD refuses the second try, INCR decides, Kafka carries the winner: the sources' final form; and
// the same where a winner is told only when Kafka has the message.
//
// One coupon a user. But SADD and INCR are two commands: a crash between them locks the user out
// with no coupon, and a loser stays in the set for ever.
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
    const auto added = counter_.add_user(user);
    if (!added) return added.error();
    if (!*added) return Answer::duplicate;
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

constexpr load::Promise promise{
    .never_over_quota = true, .one_per_user = true, .first_come_first_served = true};
constexpr Needs needs{.redis = true, .kafka = true};

const Register<TablesAndTopic, SendersAttachment<Caller>> registered{
    {.name = "redis-set-kafka",
     .summary = "SADD, INCR, produce: the sources' final form",
     .step = 110,
     .promise = promise,
     .needs = needs}};

const Register<TablesAndTopic, SendersAttachment<Caller, CouponSender::Then::wait>> registered_sync{
    {.name = "redis-set-kafka-sync",
     .summary = "the same, told once Kafka has acknowledged",
     .step = 115,
     .promise = promise,
     .needs = needs}};

}  // namespace
}  // namespace couponctl::strategies
