// Writes a value of JSON as a cell of CSV: what is null is empty.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace couponctl::report {

inline std::string csv_value(const nlohmann::ordered_json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace couponctl::report
