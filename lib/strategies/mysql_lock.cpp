// SELECT … FOR UPDATE on the campaign, count, insert, commit.
//
// Right: nobody counts before the one who holds the row has committed. The price is that they all
// stand in one line, for as long as a transaction takes.
#include "strategies/tables.h"

namespace couponctl::strategies {
namespace {

using core::Result;
using load::Answer;

class Caller final : public load::Caller {
 public:
  explicit Caller(const Scratch& scratch) : limit_(scratch.limit), rows_(scratch) {}

  Result<Answer> ask(core::UserId user) override {
    auto transaction = rows_.begin();
    if (!transaction) return transaction.error();
    // The lock first: InnoDB's snapshot, which the count reads, begins with the first plain SELECT.
    if (auto locked = rows_.lock_campaign(); !locked) return locked.error();
    const auto count = rows_.count();
    if (!count) return count.error();
    if (*count >= limit_) return Answer::sold_out;
    if (auto inserted = rows_.insert(user); !inserted) return inserted.error();
    if (auto committed = transaction->commit(); !committed) return committed.error();
    return Answer::granted;
  }

 private:
  std::int64_t limit_;
  CouponRows rows_;
};

const Register<TablesAndCampaign, EachAlone<Caller>> registered{
    {.name = "mysql-lock",
     .summary = "SELECT … FOR UPDATE on the campaign, count, insert, commit",
     .step = 40,
     .promise = {.never_over_quota = true, .first_come_first_served = true}}};

}  // namespace
}  // namespace couponctl::strategies
