// naive-ge with a UNIQUE key on the user.
//
// The key refuses a user's second coupon, whatever races. It does not count: different users
// over-issue as before.
#include "strategies/tables.h"

namespace couponctl::strategies {
namespace {

using core::Result;
using load::Answer;

class Caller final : public load::Caller {
 public:
  explicit Caller(const Scratch& scratch) : limit_(scratch.limit), rows_(scratch) {}

  Result<Answer> ask(core::UserId user) override {
    const auto count = rows_.count();
    if (!count) return count.error();
    if (*count >= limit_) return Answer::sold_out;
    const auto inserted = rows_.insert_unique(user);
    if (!inserted) return inserted.error();
    return *inserted ? Answer::granted : Answer::duplicate;
  }

 private:
  std::int64_t limit_;
  CouponRows rows_;
};

struct UniqueTables final : Tables {
  explicit UniqueTables(const Scratch& scratch) : Tables(scratch, {.unique_users = true}) {}
};

const Register<UniqueTables, EachAlone<Caller>> registered{
    {.name = "mysql-unique",
     .summary = "naive-ge with a UNIQUE key on the user",
     .step = 60,
     .promise = {.one_per_user = true}}};

}  // namespace
}  // namespace couponctl::strategies
