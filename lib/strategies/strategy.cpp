#include "strategies/strategy.h"

#include <algorithm>

namespace couponctl::strategies {
namespace {

// A function's static, because strategies arrive while other files' statics are being made.
std::vector<Strategy>& strategies() {
  static std::vector<Strategy> list;
  return list;
}

}  // namespace

std::string missing_server(const Needs& needs, const servers::Presence& presence) {
  if (needs.redis && !presence.redis.answers) return presence.redis.reason;
  if (needs.kafka && !presence.kafka.answers) return presence.kafka.reason;
  if (needs.mysql && !presence.mysql.answers) return presence.mysql.reason;
  return "";
}

std::vector<Strategy> all() {
  auto list = strategies();
  std::ranges::sort(list, {}, [](const Strategy& strategy) { return strategy.info.step; });
  return list;
}

void add(Strategy strategy) { strategies().push_back(std::move(strategy)); }

}  // namespace couponctl::strategies
