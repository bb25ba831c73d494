// The race itself: count the rows, decide, insert. Nothing holds the count still in between.
#pragma once

#include "strategies/tables.h"

namespace couponctl::strategies {

inline bool at_limit(std::int64_t count, std::int64_t limit) { return count >= limit; }

// `SoldOut` decides on the number of rows that were there before the insert.
template <bool (*SoldOut)(std::int64_t count, std::int64_t limit)>
class CountThenInsert final : public load::Caller {
 public:
  explicit CountThenInsert(const Scratch& scratch) : limit_(scratch.limit), rows_(scratch) {}

  core::Result<load::Answer> ask(core::UserId user) override {
    const auto count = rows_.count();
    if (!count) return count.error();
    if (SoldOut(*count, limit_)) return load::Answer::sold_out;
    if (auto inserted = rows_.insert(user); !inserted) return inserted.error();
    return load::Answer::granted;
  }

 private:
  std::int64_t limit_;
  CouponRows rows_;
};

}  // namespace couponctl::strategies
