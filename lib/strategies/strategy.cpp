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

std::vector<Strategy> all() {
  auto list = strategies();
  std::ranges::sort(list, {}, [](const Strategy& strategy) { return strategy.info.step; });
  return list;
}

void add(Strategy strategy) { strategies().push_back(std::move(strategy)); }

}  // namespace couponctl::strategies
