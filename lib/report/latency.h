// Writes the percentiles of a histogram, where it has samples enough for them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "load/histogram.h"

namespace couponctl::report {

// A percentile of fewer samples would rest on less than ten of them.
constexpr std::int64_t p99_samples_min = 1'000;
constexpr std::int64_t p999_samples_min = 10'000;

bool has_percentile(const load::Histogram& histogram, double percent);

// For people; "-" where it has none.
std::string percentile_text(const load::Histogram& histogram, double percent);
std::string maximum_text(const load::Histogram& histogram);

// In ns; null where it has none.
nlohmann::ordered_json percentile_json(const load::Histogram& histogram, double percent);
nlohmann::ordered_json maximum_json(const load::Histogram& histogram);

}  // namespace couponctl::report
