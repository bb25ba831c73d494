#include "report/fault_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "report/race_report.h"
#include "report/units.h"

namespace couponctl::report {
namespace {

using Json = nlohmann::ordered_json;
using race::DesignResult;
using race::RaceResult;
using race::Verdict;

// "12 lost, 3 locked out"; "" if nothing is wrong.
std::string harm_of(const DesignResult& design) {
  const std::pair<std::int64_t, const char*> counts[] = {
      {design.over.max, "over"},         {design.duplicate, "dup"},         {design.lost, "lost"},
      {design.phantom, "phantom"},       {design.locked_out, "locked out"}, {design.under, "under"},
      {design.inversion, "out of order"}};
  std::vector<std::string> words;
  for (const auto& [count, word] : counts)
    if (count > 0) words.push_back(fmt::format("{} {}", grouped(count), word));
  return fmt::format("{}", fmt::join(words, ", "));
}

Cell cell_of(const DesignResult& design) {
  switch (design.verdict) {
    case Verdict::exact:
      return {"✓", Style::good};
    case Verdict::skipped:
    case Verdict::interrupted:
      return {"-", Style::dim};
    case Verdict::failed:
      return {"could not run", Style::bad};
    case Verdict::inconclusive:
      return {"? " + harm_of(design), Style::bad};
    case Verdict::not_seen:
      return {"0"};
    case Verdict::shown:
    case Verdict::broken:
      break;
  }
  return {harm_of(design), Style::bad};
}

Table table_of(const std::vector<RaceResult>& races) {
  std::vector<Column> columns{{"STRATEGY"}};
  for (const auto& race : races) columns.push_back({race.fault});
  Table table(std::move(columns));
  for (std::size_t i = 0; i < races.front().designs.size(); ++i) {
    std::vector<Cell> row{races.front().designs[i].name};
    for (const auto& race : races) row.push_back(cell_of(race.designs.at(i)));
    table.add(std::move(row));
  }
  return table;
}

// What cannot stand in a cell: why something is not known, and how long it took to be over.
void add_notes(const RaceResult& race, std::vector<std::string>& notes) {
  std::int64_t asked_again = 0;
  std::chrono::nanoseconds longest{0};
  std::string slowest;
  for (const auto& design : race.designs) {
    asked_again += design.asked_again;
    if (design.converged > longest) longest = design.converged, slowest = design.name;
    if (design.verdict == Verdict::failed || design.verdict == Verdict::inconclusive)
      notes.push_back(fmt::format("{}, {}: {}", race.fault, design.name, printable(design.text())));
  }
  if (asked_again > 0 || race.fault != "none")
    notes.push_back(fmt::format(
        "{}: {} requests had no answer and were made again{}", race.fault, grouped(asked_again),
        slowest.empty() ? "."
                        : fmt::format("; settled after {} at the latest ({}).",
                                      short_duration(longest), slowest)));
  for (const auto& note : race.notes) notes.push_back(printable(note));
}

std::vector<std::string> footnotes_of(const std::vector<RaceResult>& races) {
  std::vector<std::string> notes{
      "✓: nothing wrong, and promised also under faults. 0: nothing wrong this time. "
      "-: the fault does not touch the design."};
  for (const auto& race : races) add_notes(race, notes);
  if (std::ranges::any_of(races, &RaceResult::interrupted))
    notes.emplace_back("Interrupted: this is what was seen until then.");
  return notes;
}

std::string csv_of(const std::vector<RaceResult>& races) {
  std::vector<Column> columns{{"fault"}};
  for (const auto& name : design_columns()) columns.push_back({name});
  Table table(std::move(columns));
  for (const auto& race : races)
    for (const auto& design : race.designs) {
      std::vector<Cell> row{race.fault};
      for (auto& value : design_values(design)) row.emplace_back(std::move(value));
      table.add(std::move(row));
    }
  return table.render(Format::csv, {});
}

}  // namespace

std::string fault_text(const std::vector<RaceResult>& races, Format format, const Look& look) {
  if (races.empty()) return "";
  if (format == Format::csv) return csv_of(races);
  const bool markdown = format == Format::markdown;
  std::string out;
  for (const auto& line : race_head(races.front())) out += line + (markdown ? "\n\n" : "\n");
  if (!markdown) out += '\n';
  out += table_of(races).render(format, look) + '\n';
  for (const auto& note : footnotes_of(races)) out += (markdown ? "- " : "  ") + note + '\n';
  return out;
}

std::string fault_json(const std::vector<RaceResult>& races) {
  Json report = {{"schema_version", 1}};
  Json faults = Json::array();
  for (const auto& race : races) {
    auto one = Json::parse(race_json(race));
    if (faults.empty())
      for (const auto* key : {"command", "seed", "environment", "parameters", "kafka_is_mock"})
        report[key] = one.at(key);
    Json strategies = Json::array();
    for (std::size_t i = 0; i < race.designs.size(); ++i) {
      auto design = one.at("strategies").at(i);
      const auto& found = race.designs[i];
      design["asked_again"] = found.ran() ? Json(found.asked_again) : Json();
      design["converged_ns"] = found.ran() ? Json(found.converged.count()) : Json();
      strategies.push_back(std::move(design));
    }
    faults.push_back({{"fault", race.fault},
                      {"interrupted", race.interrupted},
                      {"strategies", std::move(strategies)},
                      {"notes", one.at("notes")}});
  }
  report["faults"] = std::move(faults);
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace couponctl::report
