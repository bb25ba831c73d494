// The race itself: count the rows, decide, insert. Nothing holds the count still in between.
#pragma once

#include "strategies/coupon_table.h"
#include "strategies/strategy.h"

namespace couponctl::strategies {

// `SoldOut` decides on the number of rows that were there before the insert.
template <bool (*SoldOut)(std::int64_t count, std::int64_t limit)>
class CountThenInsert final : public Strategy {
 public:
  explicit CountThenInsert(const Scratch& scratch) : scratch_(scratch), table_(scratch) {}

  void reset() override { table_.clear(); }
  core::Result<std::vector<core::UserId>> issued() override { return table_.users(); }
  std::unique_ptr<Applicant> applicant() override { return std::make_unique<Caller>(scratch_); }

 private:
  class Caller final : public Applicant {
   public:
    explicit Caller(const Scratch& scratch) : limit_(scratch.limit), rows_(scratch) {}

    core::Result<Answer> apply(core::UserId user) override {
      const auto count = rows_.count();
      if (!count) return count.error();
      if (SoldOut(*count, limit_)) return Answer::sold_out;
      if (auto inserted = rows_.insert(user); !inserted) return inserted.error();
      return Answer::granted;
    }

   private:
    std::int64_t limit_;
    CouponRows rows_;
  };

  Scratch scratch_;
  CouponTable table_;
};

}  // namespace couponctl::strategies
