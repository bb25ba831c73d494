// Takes the lines of a CSV file apart as RFC 4180 has it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace couponctl::cli {

struct CsvField {
  std::string text;       // without its quotes, and with one for two inside them
  std::int64_t line = 0;  // where the text begins
  int column = 0;
};

// One record: the fields of a line, or of several where a line ends inside quotes.
class CsvRecord {
 public:
  // Takes one more line, without its end, and tells whether the record is whole now. The error is a
  // sentence without a dot, about column().
  core::Result<bool> add(std::int64_t line, std::string_view text);

  const std::vector<CsvField>& fields() const { return fields_; }
  int column() const { return column_; }

 private:
  // From behind an opening quote; false if the line ends before the closing one.
  bool take_quoted(std::string_view text, std::size_t& at);
  void begin_field(std::int64_t line, std::string_view text, std::size_t at);

  std::vector<CsvField> fields_;
  bool in_quotes_ = false;
  int column_ = 0;
};

}  // namespace couponctl::cli
