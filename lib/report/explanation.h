// Shows the requests of a real run that read the same answer, as a timeline by thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "race/explain.h"
#include "report/table.h"

namespace couponctl::report {

// A sentence, and one row for each command in the order in which they were sent. Not for
// Format::csv, which has a row for each design alone.
std::string explanation_text(const std::string& design, const race::Explanation& explanation,
                             Format format, const Look& look);
nlohmann::ordered_json explanation_json(const race::Explanation& explanation);

}  // namespace couponctl::report
