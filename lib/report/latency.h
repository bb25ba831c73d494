// Writes the percentiles of a histogram, where it has samples enough for them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "load/histogram.h"

namespace couponctl::report {

// For people; "-" where it has none.
std::string percentile_text(const load::Histogram& histogram, double percent);
std::string maximum_text(const load::Histogram& histogram);

// In ns; null where it has none.
nlohmann::ordered_json percentile_json(const load::Histogram& histogram, double percent);
nlohmann::ordered_json maximum_json(const load::Histogram& histogram);

}  // namespace couponctl::report
