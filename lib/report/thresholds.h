// Shows which thresholds were kept.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "race/threshold.h"
#include "report/table.h"

namespace couponctl::report {

// One row for each. Not for Format::csv.
std::string thresholds_text(const std::vector<race::Judged>& judged, Format format,
                            const Look& look);

// One object for each; numbers in the units of the design's own keys, null where not measured.
nlohmann::ordered_json thresholds_json(const std::vector<race::Judged>& judged);

}  // namespace couponctl::report
