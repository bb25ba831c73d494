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
  // What is said of a record at the place of whose quote the input ends, or goes on for too long.
  static constexpr std::string_view unclosed = "a quote is opened here and not closed";

  // Takes one more line, without its end, and tells whether the record is whole now. The error is a
  // sentence without a dot, about line() and column().
  core::Result<bool> add(std::int64_t line, std::string_view text);

  const std::vector<CsvField>& fields() const { return fields_; }
  // Of the last field's beginning, or of what is wrong.
  std::int64_t line() const { return line_; }
  int column() const { return column_; }
  // What follows still stands between quotes.
  bool in_quotes() const { return in_quotes_; }

 private:
  // From behind an opening quote; false if the line ends before the closing one.
  bool take_quoted(std::string_view text, std::size_t& at);
  void begin_field(std::int64_t line, std::string_view text, std::size_t at);

  std::vector<CsvField> fields_;
  bool in_quotes_ = false;
  std::size_t bytes_ = 0;
  std::int64_t line_ = 0;
  int column_ = 0;
};

}  // namespace couponctl::cli
