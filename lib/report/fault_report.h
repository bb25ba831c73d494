// Renders what each design loses under each fault, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "race/result.h"
#include "report/table.h"

namespace couponctl::report {

// One race for each fault, with the same designs in each. For people one row for each design and
// one column for each fault; Format::csv holds one row for each design and fault.
std::string fault_text(const std::vector<race::RaceResult>& races, Format format, const Look& look);

// schema_version 1: `faults`, each with its name and `strategies` as race_json() has them.
std::string fault_json(const std::vector<race::RaceResult>& races);

}  // namespace couponctl::report
