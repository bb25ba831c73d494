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

}  // namespace couponctl::cmd
