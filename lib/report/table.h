// Lays rows out as a table for the terminal, as CSV or as Markdown.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace couponctl::report {

enum class Format { table, csv, markdown };
enum class Align { left, right };
// Only a colour; the text of a cell must say the same without it.
enum class Style { none, good, bad, dim };

// How a table for people looks; CSV and Markdown are the same on every screen.
struct Look {
  bool colour = false;
  bool ascii = false;  // the marks are core::in_ascii()
  int width_max = 0;   // wider tables get their widest texts on several lines; 0: any width
};

struct Column {
  std::string header;
  Align align = Align::left;
  std::string key = {};  // what JSON calls it, and CSV; "": the header in snake_case
};

// UTF-8, one terminal column for each code point.
struct Cell {
  Cell(std::string cell_text, Style cell_style = Style::none)
      : text(std::move(cell_text)), style(cell_style) {}
  Cell(const char* cell_text) : text(cell_text) {}

  std::string text;
  Style style = Style::none;
};

// A cell of Markdown: no control characters, and no end of the cell.
std::string markdown_cell(const std::string& text);

// Lines of so many columns at the most, at the ends of words where there are any.
std::vector<std::string> wrapped(std::string_view text, int columns);

class Table {
 public:
  explicit Table(std::vector<Column> columns);

  // As many cells as there are columns.
  void add(std::vector<Cell> row);

  // Lines that end in \n, the header first. CSV is quoted by RFC 4180 and carries the cells' bytes
  // as they are; the other two escape control characters.
  std::string render(Format format, const Look& look) const;

 private:
  std::vector<int> widths(const Look& look) const;
  std::string as_table(const Look& look) const;
  std::string as_csv() const;
  std::string as_markdown() const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace couponctl::report
