// Lays rows out as a table for the terminal, as CSV or as Markdown.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace couponctl::report {

enum class Format { table, csv, markdown };
enum class Align { left, right };
// Only a colour; the text of a cell must say the same without it.
enum class Style { none, good, bad, dim };

struct Column {
  std::string header;
  Align align = Align::left;
};

// UTF-8, one terminal column for each code point.
struct Cell {
  Cell(std::string cell_text, Style cell_style = Style::none)
      : text(std::move(cell_text)), style(cell_style) {}
  Cell(const char* cell_text) : text(cell_text) {}

  std::string text;
  Style style = Style::none;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns);

  // As many cells as there are columns.
  void add(std::vector<Cell> row);

  // Lines that end in \n, the header first. `colour` matters to Format::table alone. CSV is quoted
  // by RFC 4180 and carries the cells' bytes as they are; the other two escape control characters.
  std::string render(Format format, bool colour) const;

 private:
  std::string as_table(bool colour) const;
  std::string as_csv() const;
  std::string as_markdown() const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace couponctl::report
