#include "report/table.h"

#include <algorithm>
#include <cassert>
#include <string_view>

#include "report/units.h"

namespace couponctl::report {
namespace {

std::string coloured(const std::string& text, Style style) {
  switch (style) {
    case Style::good:
      return "\x1b[32m" + text + "\x1b[0m";
    case Style::bad:
      return "\x1b[31m" + text + "\x1b[0m";
    case Style::dim:
      return "\x1b[2m" + text + "\x1b[0m";
    case Style::none:
      break;
  }
  return text;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of("\",\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string markdown_cell(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

// "a<between>b<between>c\n" of field(0) to field(count - 1).
std::string joined_line(std::size_t count, std::string_view between, const auto& field) {
  std::string line;
  for (std::size_t i = 0; i < count; ++i) (line += i == 0 ? "" : between) += field(i);
  return line + '\n';
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  assert(!columns_.empty());
}

void Table::add(std::vector<Cell> row) {
  assert(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

std::string Table::render(Format format, bool colour) const {
  switch (format) {
    case Format::csv:
      return as_csv();
    case Format::markdown:
      return as_markdown();
    case Format::table:
      break;
  }
  return as_table(colour);
}

std::string Table::as_table(bool colour) const {
  std::vector<int> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths.push_back(width_columns(printable(columns_[i].header)));
    for (const auto& row : rows_)
      widths[i] = std::max(widths[i], width_columns(printable(row[i].text)));
  }
  const auto append_line = [&](std::string& out, const auto& cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Cell& cell = cell_of(i);
      const auto text = printable(cell.text);
      const std::string pad(static_cast<std::size_t>(widths[i] - width_columns(text)), ' ');
      const auto shown = colour && !text.empty() ? coloured(text, cell.style) : text;
      if (i > 0) line += "  ";
      line += columns_[i].align == Align::right ? pad + shown : shown + pad;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  std::string out;
  append_line(out, [&](std::size_t i) { return Cell(columns_[i].header); });
  for (const auto& row : rows_) append_line(out, [&](std::size_t i) { return row[i]; });
  return out;
}

std::string Table::as_csv() const {
  const auto count = columns_.size();
  auto out = joined_line(count, ",", [&](auto i) { return csv_field(columns_[i].header); });
  for (const auto& row : rows_)
    out += joined_line(count, ",", [&](auto i) { return csv_field(row[i].text); });
  return out;
}

std::string Table::as_markdown() const {
  const auto line = [&](const auto& field) {
    auto text = "| " + joined_line(columns_.size(), " | ", field);
    text.insert(text.size() - 1, " |");
    return text;
  };
  auto out = line([&](auto i) { return markdown_cell(columns_[i].header); });
  out += line([&](auto i) { return columns_[i].align == Align::right ? "---:" : "---"; });
  for (const auto& row : rows_) out += line([&](auto i) { return markdown_cell(row[i].text); });
  return out;
}

}  // namespace couponctl::report
