// Reads users one by one: a line each, or a column of a CSV file.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/csv_record.h"
#include "cli/user_text.h"
#include "core/user_id.h"
#include "process/line_reader.h"

namespace couponctl::cli {

// Where users are read from, and how.
struct UserInput {
  std::string name;         // for messages: "users.txt"
  std::string column = "";  // of a CSV file with a header; "": one user on each line
};

// One user, or why a line names none.
struct Applicant {
  std::int64_t line = 0;
  int column = 0;
  core::UserId user{};
  std::string wrong = {};  // "a user must be 0..9223372036854775807 (got …)"; "": nothing
  bool is_table = false;   // the line looks like one of a CSV file, and is not read as such
  bool is_last = false;    // nothing behind it can be understood
};

// A descriptor's users one by one. Empty lines behind the last user are none.
class UserReader {
 public:
  UserReader(int descriptor, UserInput input) : input_(std::move(input)), lines_(descriptor) {}

  // Nothing if none arrives within that time, or none will: see lines().open(). Throws UsageError
  // if the header has no such column.
  std::optional<Applicant> next(std::chrono::milliseconds wait);

  const process::LineReader& lines() const { return lines_; }
  TakenAway taken_away() const;  // complete once the input has ended

 private:
  Applicant behind_empty_lines(Applicant applicant);
  std::optional<Applicant> read(const process::Line& line);
  std::optional<Applicant> take(const process::Line& line);
  std::optional<Applicant> read_record(std::int64_t line, std::string_view text);
  Applicant read_field(const CsvRecord& record, std::int64_t line);
  void read_header(const CsvRecord& record, std::int64_t line);
  Applicant user_of(std::int64_t line, int column, std::string_view text);

  UserInput input_;
  process::LineReader lines_;
  TakenAway taken_away_;
  std::int64_t empty_line_ = 0;    // the first of those that nothing has followed yet
  std::int64_t empty_lines_ = 0;   // how many they are
  std::optional<Applicant> next_;  // what followed them
  std::optional<CsvRecord> record_;
  std::vector<std::string> header_;
  std::size_t field_ = 0;  // of the column that is asked for
};

}  // namespace couponctl::cli
