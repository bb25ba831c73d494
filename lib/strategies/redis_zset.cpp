// ZADD NX with the time as score, ZRANK is the place in line, insert.
//
// One per user. But the time is the caller's: whoever looked at the clock before another one and
// comes to Redis after them takes a place in front of a coupon that is given out already. And each
// command costs O(log n), also when all is sold out.
#include <chrono>

#include "strategies/tables.h"

namespace couponctl::strategies {
namespace {

using core::Result;
using load::Answer;

// 53 bits, which a score has, hold the microseconds until the year 2255.
std::string time_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(std::chrono::floor<std::chrono::microseconds>(now).count());
}

class Caller final : public load::Caller {
 public:
  explicit Caller(const Scratch& scratch)
      : limit_(scratch.limit),
        line_(scratch.key(users_key)),
        client_(connect(scratch.servers.redis)),
        rows_(scratch) {}

  Result<Answer> ask(core::UserId user) override {
    const auto member = std::to_string(core::number(user));
    const auto added = redis::integer(client_.command({"ZADD", line_, "NX", time_us(), member}));
    if (!added) return added.error();
    if (*added == 0) return Answer::duplicate;
    const auto ahead = redis::integer(client_.command({"ZRANK", line_, member}));
    if (!ahead) return ahead.error();
    if (*ahead >= limit_) return Answer::sold_out;
    if (auto inserted = rows_.insert(user); !inserted) return inserted.error();
    return Answer::granted;
  }

 private:
  std::int64_t limit_;
  std::string line_;
  redis::Client client_;
  CouponRows rows_;
};

const Register<TablesAndKeys, EachAlone<Caller>> registered{
    {.name = "redis-zset",
     .summary = "ZADD NX with the time as score, ZRANK, insert",
     .step = 120,
     .promise = {.one_per_user = true},
     .needs = {.redis = true}}};

}  // namespace
}  // namespace couponctl::strategies
