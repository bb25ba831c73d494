// The deployments of designs whose callers write the rows themselves.
#pragma once

#include "strategies/coupon_rows.h"
#include "strategies/redis_keys.h"
#include "strategies/scratch_area.h"
#include "strategies/strategy.h"

namespace couponctl::strategies {

// The sources' two tables.
class Tables : public load::Deployment {
 public:
  explicit Tables(const Scratch& scratch, const TableShape& shape = {})
      : scratch_(scratch), shape_(shape), area_(scratch) {}

  void reset(std::int64_t run, const load::Wait&) override {
    scratch_.run = run;
    area_.make_tables(scratch_, shape_);
  }
  // As the sources do it: the tables are empty again, and nobody thinks of Redis.
  void begin_next_event(const load::Wait&) override { area_.make_tables(scratch_, shape_); }
  core::Result<std::vector<load::Row>> rows() override {
    return read_rows(scratch_.database(), scratch_.coupons());
  }
  core::Result<void> drop(const load::Wait& wait) override {
    return servers::drop_scratch(scratch_.servers, scratch_.name, wait.deadline);
  }

 protected:
  const Scratch& scratch() const { return scratch_; }
  ScratchArea& area() { return area_; }

 private:
  Scratch scratch_;
  TableShape shape_;
  ScratchArea area_;
};

// And a row that says how many are issued.
struct TablesAndCampaign : Tables {
  explicit TablesAndCampaign(const Scratch& scratch) : Tables(scratch, {.campaign = true}) {}
};

// And the sources' Redis keys.
class TablesAndKeys : public Tables {
 public:
  using Tables::Tables;

  void reset(std::int64_t run, const load::Wait& wait) override {
    Tables::reset(run, wait);
    area().note_keys(scratch(), redis_keys(scratch()));
  }
};

}  // namespace couponctl::strategies
