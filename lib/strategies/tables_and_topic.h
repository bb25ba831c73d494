// The deployment of designs whose winners go through a topic to a consumer that inserts them.
#pragma once

#include <optional>

#include "kafka/admin.h"
#include "strategies/coupon_consumer.h"
#include "strategies/tables.h"

namespace couponctl::strategies {

class TablesAndTopic final : public TablesAndKeys {
 public:
  explicit TablesAndTopic(const Scratch& scratch);

  // Starts the consumer, behind all that earlier runs have sent.
  void reset(std::int64_t run, const load::Wait& wait) override;
  core::Result<std::int64_t> left() override;
  std::string_view left_of() const override { return "messages"; }
  core::Result<std::int64_t> queued() override;
  void restart(const load::Wait& wait) override;
  void join_late(const load::Wait& wait) override;
  void begin_next_event(const load::Wait& wait) override;
  core::Result<std::vector<load::Row>> rows() override;
  void rest() override;
  core::Result<void> drop(const load::Wait& wait) override;

 private:
  core::Result<kafka::Offsets> ends();
  void start_behind_all();

  kafka::Admin admin_;
  std::optional<CouponConsumer> consumer_;
};

}  // namespace couponctl::strategies
