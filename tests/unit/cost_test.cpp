#include "race/cost.h"

#include <gtest/gtest.h>

namespace couponctl::race {
namespace {

using core::Server;

TEST(CostMeter, CountsWhatAllItsHooksHearSinceItBegan) {
  CostMeter meter;
  auto* const background = meter.hook();
  background->before({Server::mysql, "INSERT", {}});
  meter.begin();
  auto* const worker = meter.hook();
  for (int i = 0; i < 4; ++i) worker->before({Server::redis, "INCR", {}});
  background->before({Server::mysql, "INSERT", {}});
  worker->before({Server::kafka, "produce", {}});
  const auto cost = meter.of(2);
  EXPECT_DOUBLE_EQ(cost.redis_commands, 2);
  EXPECT_DOUBLE_EQ(cost.sql_statements, 0.5);
  EXPECT_DOUBLE_EQ(meter.of(0).redis_commands, 0);
}

TEST(CostMeter, NeedsNoAnswer) {
  CostMeter meter;
  EXPECT_FALSE(meter.hook()->hears_answers());
}

}  // namespace
}  // namespace couponctl::race
