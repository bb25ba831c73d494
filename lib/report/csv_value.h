// Writes cells of CSV.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace couponctl::report {

// A value of JSON; what is null is empty.
inline std::string csv_value(const nlohmann::ordered_json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// As RFC 4180 quotes it.
inline std::string csv_field(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace couponctl::report
