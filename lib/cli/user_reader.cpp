#include "cli/user_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/usage_error.h"
#include "core/parse.h"
#include "report/units.h"

namespace couponctl::cli {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool is_utf16(std::string_view text) {
  return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
}

std::string listed(std::vector<std::string> names) {
  for (auto& name : names) name = core::quote(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// A header, or several fields.
bool looks_like_table(std::int64_t line, std::string_view text) {
  return text.find(',') != std::string_view::npos ||
         (line == 1 && !text.empty() && is_letter(text.front()));
}

}  // namespace

TakenAway UserReader::taken_away() const {
  auto all = taken_away_;
  if (!lines_.open()) all.empty_lines = empty_lines_;
  return all;
}

std::optional<Applicant> UserReader::next(std::chrono::milliseconds wait) {
  if (next_) return std::exchange(next_, std::nullopt);
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (const auto line = lines_.next(wait)) {
    if (auto applicant = read(*line)) return behind_empty_lines(*std::move(applicant));
    if (lines_.open() && std::chrono::steady_clock::now() >= deadline) return std::nullopt;
  }
  if (!record_ || lines_.open() || lines_.error()) return std::nullopt;
  const auto open = *std::exchange(record_, std::nullopt);
  return Applicant{open.line(), open.column(), {}, std::string(CsvRecord::unclosed)};
}

// Somebody stands behind what is empty: it is not the end of the file.
Applicant UserReader::behind_empty_lines(Applicant applicant) {
  if (std::exchange(empty_lines_, 0) == 0) return applicant;
  next_ = std::move(applicant);
  return user_of(empty_line_, 1, "");
}

// Behind a header that is wrong nobody knows which column is meant, and inside quotes that do not
// end nobody knows where a record begins.
std::optional<Applicant> UserReader::read(const process::Line& line) {
  auto applicant = take(line);
  const bool lacks_header = !input_.column.empty() && header_.empty();
  if (applicant && !applicant->wrong.empty())
    applicant->is_last = lacks_header || (record_ && record_->in_quotes());
  return applicant;
}

std::optional<Applicant> UserReader::take(const process::Line& line) {
  auto text = line.text;
  const auto wrong = [&](std::string why) { return Applicant{line.number, 1, {}, std::move(why)}; };
  if (line.number == 1 && text.starts_with(byte_order_mark)) {
    text.remove_prefix(byte_order_mark.size());
    ++taken_away_.byte_order_marks;
  }
  if (line.number == 1 && is_utf16(text))
    return wrong(fmt::format("this is UTF-16, not UTF-8 (got {})", core::quote(text)));
  if (line.too_long)
    return wrong(fmt::format("a line has at most {} bytes (got {}: more)",
                             process::LineRules().bytes_max, core::quote(text)));
  const bool is_empty = text.find_first_not_of(" \t\r") == std::string_view::npos;
  if (is_empty && !record_) {
    if (empty_lines_++ == 0) empty_line_ = line.number;
    return std::nullopt;
  }
  if (!input_.column.empty()) return read_record(line.number, text);
  return user_of(line.number, 1, text);
}

std::optional<Applicant> UserReader::read_record(std::int64_t line, std::string_view text) {
  if (text.ends_with('\r')) {
    text.remove_suffix(1);
    ++taken_away_.carriage_returns;
  }
  if (!record_) record_.emplace();
  const auto whole = record_->add(line, text);
  if (!whole) {
    Applicant wrong{record_->line(), record_->column(), {}, whole.error().text};
    if (!record_->in_quotes()) record_.reset();
    return wrong;
  }
  if (!*whole) return std::nullopt;
  const auto record = *std::exchange(record_, std::nullopt);
  if (!header_.empty()) return read_field(record, line);
  read_header(record, line);
  return std::nullopt;
}

void UserReader::read_header(const CsvRecord& record, std::int64_t line) {
  for (const auto& field : record.fields()) header_.push_back(field.text);
  const auto found = std::ranges::find(header_, input_.column);
  const auto where = fmt::format("{}:{}: ", input_.name, line);
  if (found == header_.end() && header_.size() == 1 &&
      header_.front().find_first_of(";\t") != std::string::npos)
    throw UsageError("",
                     where + "the columns are separated by something else than commas (got " +
                         core::quote(header_.front()) + ")",
                     "Save it as CSV with commas");
  if (found == header_.end())
    throw UsageError("", where + "there is no column " + core::quote(input_.column),
                     "Set --users-column to one of " + listed(header_));
  if (std::ranges::count(header_, input_.column) > 1)
    throw UsageError("", where + "more than one column is called " + core::quote(input_.column),
                     "Give each column a name of its own");
  field_ = static_cast<std::size_t>(found - header_.begin());
}

Applicant UserReader::read_field(const CsvRecord& record, std::int64_t line) {
  const auto& fields = record.fields();
  if (fields.size() != header_.size())
    return {line,
            1,
            {},
            fmt::format("a record must have {} fields, as the header has (got {})", header_.size(),
                        fields.size())};
  const auto& field = fields.at(field_);
  return user_of(field.line, field.column, field.text);
}

Applicant UserReader::user_of(std::int64_t line, int column, std::string_view text) {
  const auto bare = bare_user(text, taken_away_);
  const auto user = parse_user(bare);
  if (user) return {line, column, *user};
  const auto before = static_cast<std::size_t>(bare.data() - text.data()) + offence(bare);
  return {.line = line,
          .column = column + report::width_columns(text.substr(0, before)),
          .wrong = "a user " + user.error().text,
          .is_table = input_.column.empty() && looks_like_table(line, bare)};
}

}  // namespace couponctl::cli
