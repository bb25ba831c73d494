// Prints results to stdout in the format that --output names.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/command_line.h"
#include "report/table.h"

namespace couponctl::cli {

report::Format format_of(const Globals& globals);  // where it is not JSON

// `json` is what --output json prints instead of the table; it gets its schema_version here.
void print(const Context& context, const report::Table& table, const nlohmann::ordered_json& json);

}  // namespace couponctl::cli
