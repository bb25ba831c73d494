// Renders what a race found, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "race/result.h"
#include "report/table.h"

namespace couponctl::report {

// For people: a head that lets the run be repeated, one row for each strategy, the thresholds,
// footnotes.
// Format::csv holds one row for each strategy and nothing else; its columns are the JSON's keys,
// nested ones joined by an underscore: latency_ns_p50.
std::string race_text(const race::RaceResult& race, Format format, const Look& look);

// schema_version 1. Every strategy has the same keys; what was not measured is null.
std::string race_json(const race::RaceResult& race);

// Parts of these, for other reports: the head's lines, the footnotes on the servers, and a design's
// row of CSV.
std::vector<std::string> race_head(const race::RaceResult& race);
std::vector<std::string> server_notes(const race::RaceResult& race);
std::vector<std::string> design_columns();
std::vector<std::string> design_values(const race::DesignResult& design);

}  // namespace couponctl::report
