#include "report/thresholds.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/units.h"

namespace couponctl::report {
namespace {

using Json = nlohmann::ordered_json;
using race::Judged;
using race::Metric;
using Word = Judged::Word;

std::string_view word(const Judged& judged) {
  switch (judged.word) {
    case Word::kept:
      return "kept";
    case Word::missed:
      return "missed";
    case Word::not_measured:
      break;
  }
  return "not measured";
}

std::string number_text(double number, Metric::Unit unit) {
  if (unit == Metric::Unit::count) return grouped(std::llround(number));
  if (unit == Metric::Unit::number) return fmt::format("{:.2f}", number);
  return short_duration(std::chrono::nanoseconds(std::llround(number)));
}

std::string measured_text(const Judged& judged) {
  if (!judged.measured) return "-";
  const auto& [low, high] = *judged.measured;
  const auto unit = judged.threshold.metric->unit;
  const auto text = number_text(low, unit);
  return low == high ? text : text + ".." + number_text(high, unit);
}

Cell word_cell(const Judged& judged) {
  const std::string text(word(judged));
  if (judged.word == Word::kept) return {"✓ " + text, Style::good};
  return {(judged.word == Word::missed ? "✗ " : "? ") + text, Style::bad};
}

}  // namespace

std::string thresholds_text(const std::vector<Judged>& judged, Format format, const Look& look) {
  Table table({{"THRESHOLD"}, {"MEASURED", Align::right}, {"RESULT"}});
  for (const auto& one : judged)
    table.add({printable(one.threshold.text), measured_text(one), word_cell(one)});
  return table.render(format, look);
}

Json thresholds_json(const std::vector<Judged>& judged) {
  auto all = Json::array();
  for (const auto& one : judged)
    all.push_back({{"threshold", one.threshold.text},
                   {"measured_min", one.measured ? Json(one.measured->low) : Json()},
                   {"measured_max", one.measured ? Json(one.measured->high) : Json()},
                   {"result", word(one)}});
  return all;
}

}  // namespace couponctl::report
