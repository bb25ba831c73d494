// Would the driver notice? Bugs that the product is known to be without, each with plans that show
// it.
#pragma once

#include <span>
#include <string_view>

#include "fault/plan.h"

namespace couponctl::fault {

struct PlantedBug {
  std::string_view name;  // of COUPONCTL_PLANTED
  std::string_view what;
  void (*direct)(Plan&);           // makes a calm plan one in which the bug does harm
  bool drops_constraints = false;  // the database would not let it do any
};

std::span<const PlantedBug> planted_bugs();

// A short plan in which nothing happens but what shows the bug. Without the bug it must be clean.
Plan directed(const PlantedBug& bug, std::uint64_t seed);

}  // namespace couponctl::fault
