#include "couponctl/designs.h"

#include <algorithm>

#include "core/parse.h"

namespace couponctl::cmd {

std::vector<std::string> design_names() {
  std::vector<std::string> names;
  for (const auto& entry : strategies::all()) names.emplace_back(entry.info.name);
  return names;
}

core::Result<void> check_design_name(std::string_view text) {
  if (auto chosen = core::parse_choice(text, design_names()); !chosen) return chosen.error();
  return {};
}

std::vector<strategies::Strategy> designs_named(const std::vector<std::string>& names) {
  auto strategies = strategies::all();
  if (!names.empty())
    std::erase_if(strategies, [&](const strategies::Strategy& strategy) {
      return std::ranges::find(names, strategy.info.name) == names.end();
    });
  return strategies;
}

strategies::Needs needs_of(const std::vector<strategies::Strategy>& designs) {
  strategies::Needs needs{.redis = false, .kafka = false, .mysql = false};
  for (const auto& design : designs) {
    needs.redis |= design.info.needs.redis;
    needs.kafka |= design.info.needs.kafka;
    needs.mysql |= design.info.needs.mysql;
  }
  return needs;
}

}  // namespace couponctl::cmd
