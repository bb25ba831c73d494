// Renders what a write-up claims beside what was measured, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "race/presets.h"
#include "report/table.h"

namespace couponctl::report {

// `played`: the trials of the preset that were raced, at least one. One row for each claim;
// Format::csv holds nothing else, and its columns are the keys of the JSON's `claims`.
std::string preset_text(const race::Preset& preset, const std::vector<race::TrialResult>& played,
                        Format format, const Look& look);

// schema_version 1: `claims`, each with its word and figures, and `trials`, each with its
// `strategies` as race_json() has them. What was not measured is null.
std::string preset_json(const race::Preset& preset, const std::vector<race::TrialResult>& played);

}  // namespace couponctl::report
