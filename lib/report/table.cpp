#include "report/table.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>
#include <string_view>

#include "report/csv_value.h"
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

// As a terminal gets it.
std::string shown(const std::string& text, const Look& look) {
  return look.ascii ? core::in_ascii(printable(text)) : printable(text);
}

// "TOPIC LAG" as a key: topic_lag.
std::string snake_case(std::string_view header) {
  std::string key;
  for (const char c : header)
    key += c == ' ' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return key;
}

std::string csv_header(const Column& column) {
  return column.key.empty() ? snake_case(column.header) : column.key;
}

// "a<between>b<between>c\n" of field(0) to field(count - 1).
std::string joined_line(std::size_t count, std::string_view between, const auto& field) {
  std::string line;
  for (std::size_t i = 0; i < count; ++i) (line += i == 0 ? "" : between) += field(i);
  return line + '\n';
}

// A text of several words is narrowed no further than this: more lines would say less.
constexpr int text_columns_min = 20;
constexpr int gap_columns = 2;

// Takes columns from the widest of those that may be narrower, until the line fits; where it cannot
// fit, nothing is narrowed.
void narrow(std::vector<int>& widths, const std::vector<int>& widths_min, int width_max) {
  const auto gaps = gap_columns * (static_cast<int>(widths.size()) - 1);
  const auto narrowest =
      std::transform_reduce(widths.begin(), widths.end(), widths_min.begin(), gaps, std::plus<>(),
                            [](int width, int width_min) { return std::min(width, width_min); });
  if (narrowest > width_max) return;
  for (int total = std::reduce(widths.begin(), widths.end(), gaps); total > width_max; --total) {
    int* widest = nullptr;
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (widths[i] > widths_min[i] && (widest == nullptr || widths[i] > *widest))
        widest = &widths[i];
    --*widest;
  }
}

// Cuts off the front of `text` what fits into so many columns: whole words, if there are several.
std::string take_line(std::string_view& text, int columns) {
  const auto fitting = first_columns(text, columns);
  auto end = fitting.size();
  if (end < text.size() && text[end] != ' ')
    if (const auto space = fitting.rfind(' '); space != std::string_view::npos && space > 0)
      end = space;
  std::string line(text.substr(0, end));
  text.remove_prefix(std::min(text.find_first_not_of(' ', end), text.size()));
  return line;
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, int columns) {
  std::vector<std::string> lines;
  if (width_columns(text) <= columns) return {std::string(text)};
  while (!text.empty()) lines.push_back(take_line(text, columns));
  return lines;
}

std::string markdown_cell(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  assert(!columns_.empty());
}

void Table::add(std::vector<Cell> row) {
  assert(row.size() == columns_.size());
  rows_.push_back(std::move(row));
}

std::string Table::render(Format format, const Look& look) const {
  switch (format) {
    case Format::csv:
      return as_csv();
    case Format::markdown:
      return as_markdown();
    case Format::table:
      break;
  }
  return as_table(look);
}

std::vector<int> Table::widths(const Look& look) const {
  std::vector<int> widths;
  std::vector<int> widths_min;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const auto header = width_columns(shown(columns_[i].header, look));
    widths.push_back(header);
    for (const auto& row : rows_)
      widths[i] = std::max(widths[i], width_columns(shown(row[i].text, look)));
    const bool is_text = columns_[i].align == Align::left;
    widths_min.push_back(is_text ? std::max(header, text_columns_min) : widths[i]);
  }
  if (look.width_max > 0) narrow(widths, widths_min, look.width_max);
  return widths;
}

std::string Table::as_table(const Look& look) const {
  const auto widths = this->widths(look);
  const auto append_line = [&](std::string& out, const auto& cell_of) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Cell& cell = cell_of(i);
      const std::string pad(static_cast<std::size_t>(widths[i] - width_columns(cell.text)), ' ');
      const auto text =
          look.colour && !cell.text.empty() ? coloured(cell.text, cell.style) : cell.text;
      if (i > 0) line += "  ";
      line += columns_[i].align == Align::right ? pad + text : text + pad;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  std::string out;
  append_line(out, [&](std::size_t i) { return Cell(shown(columns_[i].header, look)); });
  for (const auto& row : rows_) {
    std::vector<std::vector<std::string>> lines;
    std::size_t count = 1;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      lines.push_back(wrapped(shown(row[i].text, look), widths[i]));
      count = std::max(count, lines.back().size());
    }
    for (std::size_t at = 0; at < count; ++at)
      append_line(out, [&](std::size_t i) {
        return Cell(at < lines[i].size() ? lines[i][at] : "", row[i].style);
      });
  }
  return out;
}

std::string Table::as_csv() const {
  const auto count = columns_.size();
  auto out = joined_line(count, ",", [&](auto i) { return csv_field(csv_header(columns_[i])); });
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
