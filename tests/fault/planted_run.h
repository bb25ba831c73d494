// Is each planted bug caught, and is the same plan clean without it?
#pragma once

#include <string>

#include "fault/run.h"

namespace couponctl::fault {

struct PlantedSummary {
  int bugs = 0;
  int caught = 0;
  int controls = 0;
  int controls_clean = 0;
  std::string text = "";  // a table, and a line

  bool all() const { return caught == bugs && controls_clean == controls; }
};

// `bug` is one of planted_bugs(), or "all". `found_in_control` hears of what should not be.
PlantedSummary run_planted(const RunOptions& options, const std::string& bug,
                           const Done& found_in_control);

}  // namespace couponctl::fault
