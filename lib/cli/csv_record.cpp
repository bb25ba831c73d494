#include "cli/csv_record.h"

#include <algorithm>

#include "report/units.h"

namespace couponctl::cli {
namespace {

// Whoever forgets a closing quote is not to have the rest of the file read as one record.
constexpr std::size_t record_bytes_max = 16 * 1024;

int column_of(std::string_view text, std::size_t at) {
  return report::width_columns(text.substr(0, at)) + 1;
}

core::Error wrong(std::string why) { return {core::Fault::invalid, {}, std::move(why)}; }

}  // namespace

void CsvRecord::begin_field(std::int64_t line, std::string_view text, std::size_t at) {
  line_ = line;
  column_ = column_of(text, at);
  fields_.push_back({"", line, column_});
}

bool CsvRecord::take_quoted(std::string_view text, std::size_t& at) {
  auto& field = fields_.back().text;
  for (; at < text.size(); ++at) {
    if (text[at] == '"') {
      if (text.substr(at + 1).starts_with('"'))
        ++at;
      else
        return ++at, true;
    }
    field += text[at];
  }
  return false;
}

core::Result<bool> CsvRecord::add(std::int64_t line, std::string_view text) {
  std::size_t at = 0;
  bytes_ += text.size() + 1;
  if (in_quotes_) fields_.back().text += '\n';
  for (;;) {
    if (!in_quotes_) {
      begin_field(line, text, at);
      in_quotes_ = text.substr(at).starts_with('"');
      if (in_quotes_) ++at, ++fields_.back().column;
    }
    if (in_quotes_) {
      in_quotes_ = !take_quoted(text, at);
      if (in_quotes_ && bytes_ > record_bytes_max) return wrong(std::string(unclosed));
      if (in_quotes_) return false;
    } else {
      const auto end = std::min(text.find(',', at), text.size());
      fields_.back().text = text.substr(at, end - at);
      if (const auto quote = text.substr(0, end).find('"', at); quote != std::string_view::npos) {
        column_ = column_of(text, quote);
        return wrong("a quote inside a field that does not begin with one");
      }
      at = end;
    }
    if (at == text.size()) return true;
    if (text[at] != ',') {
      column_ = column_of(text, at);
      return wrong("something stands behind the closing quote");
    }
    ++at;
  }
}

}  // namespace couponctl::cli
