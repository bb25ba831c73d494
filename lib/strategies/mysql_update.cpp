// UPDATE … SET issued = issued + 1 WHERE issued < quota decides; insert; one transaction.
//
// Right: the statement that reads the count is the one that changes it. Whoever finds it sold out
// holds the row no longer than that statement.
#include "strategies/tables.h"

namespace couponctl::strategies {
namespace {

using core::Result;
using load::Answer;

class Caller final : public load::Caller {
 public:
  explicit Caller(const Scratch& scratch) : rows_(scratch) {}

  Result<Answer> ask(core::UserId user) override {
    auto transaction = rows_.begin();
    if (!transaction) return transaction.error();
    const auto counted = rows_.count_one_issued();
    if (!counted) return counted.error();
    if (!*counted) return Answer::sold_out;
    if (auto inserted = rows_.insert(user); !inserted) return inserted.error();
    if (auto committed = transaction->commit(); !committed) return committed.error();
    return Answer::granted;
  }

 private:
  CouponRows rows_;
};

const Register<TablesAndCampaign, EachAlone<Caller>> registered{
    {.name = "mysql-update",
     .summary = "UPDATE … SET issued = issued + 1 WHERE issued < quota, insert, commit",
     .step = 50,
     .promise = {.never_over_quota = true, .first_come_first_served = true}}};

}  // namespace
}  // namespace couponctl::strategies
