#include "report/race_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "race/statistics.h"
#include "report/csv_value.h"
#include "report/explanation.h"
#include "report/latency.h"
#include "report/orders.h"
#include "report/thresholds.h"
#include "report/units.h"

namespace couponctl::report {
namespace {

using Json = nlohmann::ordered_json;
using race::DesignResult;
using race::RaceResult;
using race::Verdict;

std::string rate_text(const std::vector<double>& rates) {
  return rates.empty() ? "-" : short_number(race::median(rates).median);
}

Cell verdict_cell(const DesignResult& design) {
  const auto text = printable(design.text());
  switch (design.verdict) {
    case Verdict::exact:
      return {"✓ " + text, Style::good};
    case Verdict::shown:
    case Verdict::broken:
    case Verdict::failed:
      return {"✗ " + text, Style::bad};
    case Verdict::inconclusive:
      return {"? " + text, Style::bad};
    case Verdict::not_seen:
    case Verdict::skipped:
    case Verdict::interrupted:
      break;
  }
  return {text, Style::dim};
}

struct Field {
  Column column;
  std::function<Cell(const DesignResult&)> cell;
};

// The table's columns; UNDER, p99.9 and ERR only if a design has something to show in them.
std::vector<Field> fields_of(const RaceResult& race) {
  const auto any = [&](const auto& test) { return std::ranges::any_of(race.designs, test); };
  constexpr auto right = Align::right;
  using Row = const DesignResult&;
  std::vector<Field> fields = {
      {{"STRATEGY"}, [](Row row) { return row.name; }},
      {{"ISSUED"}, [](Row row) { return range(row.issued); }},
      {{"OVER", right}, [](Row row) { return excess(row.over); }},
  };
  if (any([](Row row) { return row.under != 0; }))
    fields.push_back({{"UNDER", right}, [](Row row) { return grouped(row.under); }});
  fields.push_back({{"DUP", right}, [](Row row) { return grouped(row.duplicate); }});
  fields.push_back({{"LOST", right}, [](Row row) { return grouped(row.lost); }});
  if (any([](Row row) { return row.phantom != 0; }))
    fields.push_back({{"PHANTOM", right}, [](Row row) { return grouped(row.phantom); }});
  if (any([](Row row) { return row.locked_out != 0; }))
    fields.push_back({{"LOCKED OUT", right}, [](Row row) { return grouped(row.locked_out); }});
  if (any([](Row row) { return row.errors != 0; }))
    fields.push_back({{"ERR", right}, [](Row row) { return grouped(row.errors); }});
  fields.push_back(
      {{"BAD RUNS", right}, [](Row row) { return fmt::format("{}/{}", row.bad_runs, row.runs); }});
  fields.push_back({{"REQ/S", right}, [](Row row) { return rate_text(row.requests_per_second); }});
  fields.push_back({{"p50", right}, [](Row row) { return percentile_text(row.latency, 50); }});
  fields.push_back({{"p99", right}, [](Row row) { return percentile_text(row.latency, 99); }});
  if (any([](Row row) { return load::has_percentile(row.latency, 99.9); }))
    fields.push_back(
        {{"p99.9", right}, [](Row row) { return percentile_text(row.latency, 99.9); }});
  fields.push_back(
      {{"DURABLE p99", right}, [](Row row) { return percentile_text(row.durable, 99); }});
  if (any([](Row row) { return row.cost.has_value(); })) {
    fields.push_back({{"SQL/REQ", right}, [](Row row) {
                        return row.cost ? fmt::format("{:.2f}", row.cost->sql_statements) : "-";
                      }});
    fields.push_back({{"REDIS/REQ", right}, [](Row row) {
                        return row.cost ? fmt::format("{:.2f}", row.cost->redis_commands) : "-";
                      }});
    fields.push_back({{"CONN", right}, [](Row row) {
                        const auto connections = row.cost ? row.cost->connections : std::nullopt;
                        return connections ? grouped(*connections) : "-";
                      }});
  }
  fields.push_back({{"VERDICT"}, verdict_cell});
  return fields;
}

Table table_of(const RaceResult& race) {
  const auto fields = fields_of(race);
  std::vector<Column> columns;
  for (const auto& field : fields) columns.push_back(field.column);
  Table table(std::move(columns));
  for (const auto& design : race.designs) {
    std::vector<Cell> row;
    if (design.ran()) {
      for (const auto& field : fields) row.push_back(field.cell(design));
    } else {
      row.assign(fields.size(), "");
      row.front() = {design.name, Style::dim};
      row.back() = verdict_cell(design);
    }
    table.add(std::move(row));
  }
  return table;
}

// Which percentiles are missing for want of samples, or "".
std::string percentile_footnote(const std::vector<const DesignResult*>& ran) {
  std::int64_t fewest = load::p999_samples_min;
  for (const auto* design : ran) fewest = std::min(fewest, design->latency.count());
  if (fewest == load::p999_samples_min) return "";
  return fmt::format(
      "p99 is shown from {} samples on, p99.9 from {}; {}: raise --requests or --runs.",
      grouped(load::p99_samples_min), grouped(load::p999_samples_min),
      fewest == 0 ? "a design has none" : "the fewest here are " + grouped(fewest));
}

// Who stood before a write at the same time: where it is fewer than was asked for, the
// design itself keeps the others out.
std::string held_footnote(const RaceResult& race, const std::vector<const DesignResult*>& ran) {
  std::vector<std::string> each;
  for (const auto* design : ran)
    each.push_back(fmt::format("{} {}", design->name, range(design->held)));
  return fmt::format(
      "--hold {}: with one coupon left, so many stood before their first write or lock at the "
      "same time: {}.",
      race.held, fmt::join(each, ", "));
}

// What has no column: who came too late and won, and what became of requests without an answer.
void add_counts(const DesignResult& design, std::vector<std::string>& notes) {
  if (design.inversion > 0)
    notes.push_back(fmt::format(
        "{}: FCFS inversions {}: who won had begun after somebody was refused as sold out.",
        design.name, grouped(design.inversion)));
  const auto settled = design.unknown_issued + design.unknown_not_issued;
  if (settled > 0)
    notes.push_back(fmt::format("{}: of {} requests without an answer {} have a row, {} have none.",
                                design.name, grouped(settled), grouped(design.unknown_issued),
                                grouped(design.unknown_not_issued)));
}

std::vector<std::string> footnotes_of(const RaceResult& race) {
  std::vector<const DesignResult*> ran;
  std::set<int> runs_without_bad;
  for (const auto& design : race.designs) {
    if (!design.ran()) continue;
    ran.push_back(&design);
    const bool all_known = design.verdict != Verdict::inconclusive;
    if (design.bad_runs == 0 && all_known) runs_without_bad.insert(design.runs);
  }
  std::vector<std::string> notes;
  if (race.interrupted) notes.emplace_back("Interrupted: this is what was measured until then.");
  if (!ran.empty())
    notes.emplace_back("REQ/S is the median of the runs; its interval is in --output json.");
  if (race.held > 0) notes.push_back(held_footnote(race, ran));
  for (const int runs : runs_without_bad)
    notes.push_back(
        fmt::format("0/{} bad runs: below {} at 95 % confidence (Clopper-Pearson), not zero.", runs,
                    percentage(race::proportion_upper_bound(0, runs))));
  if (const auto note = percentile_footnote(ran); !note.empty()) notes.push_back(note);
  for (const auto* design : ran) add_counts(*design, notes);
  if (std::ranges::any_of(ran, [](const auto* design) { return design->explanation.has_value(); }))
    notes.emplace_back("--explain wrote down commands: the times of those runs have that in them.");
  for (auto& note : server_notes(race)) notes.push_back(std::move(note));
  return notes;
}

Json cost_json(const std::optional<race::Cost>& cost) {
  if (!cost) return {{"sql_statements", nullptr}, {"redis_commands", nullptr}};
  return {{"sql_statements", cost->sql_statements}, {"redis_commands", cost->redis_commands}};
}

Json connections_json(const std::optional<race::Cost>& cost) {
  return cost && cost->connections ? Json(*cost->connections) : Json();
}

Json rates_json(const std::vector<double>& rates) {
  if (rates.empty())
    return {{"median", nullptr}, {"low", nullptr}, {"high", nullptr}, {"coverage", nullptr}};
  const auto rate = race::median(rates);
  const auto rounded = [](double number) { return std::round(number * 100) / 100; };
  const bool confident = rate.coverage == race::Coverage::confidence_95;
  return {{"median", rounded(rate.median)},
          {"low", rounded(rate.low)},
          {"high", rounded(rate.high)},
          {"coverage", confident ? "confidence_95" : "min_to_max"}};
}

std::string_view outcome_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::exact:
      return "exact";
    case Verdict::shown:
      return "shown";
    case Verdict::not_seen:
      return "not_seen";
    case Verdict::broken:
      return "broken";
    case Verdict::inconclusive:
      return "inconclusive";
    case Verdict::failed:
      return "failed";
    case Verdict::skipped:
      return "skipped";
    case Verdict::interrupted:
      return "interrupted";
  }
  return "";
}

Json design_json(const DesignResult& design) {
  const bool ran = design.ran();
  const auto measured = [&](Json value) { return ran ? std::move(value) : Json(); };
  const auto& latency = design.latency;
  const auto& durable = design.durable;
  return {
      {"name", design.name},
      {"expected", design.expected},
      {"issued_min", measured(design.issued.min)},
      {"issued_max", measured(design.issued.max)},
      {"over_min", measured(design.over.min)},
      {"over_max", measured(design.over.max)},
      {"under", measured(design.under)},
      {"duplicate", measured(design.duplicate)},
      {"lost", measured(design.lost)},
      {"phantom", measured(design.phantom)},
      {"locked_out", measured(design.locked_out)},
      {"fcfs_inversion", measured(design.inversion)},
      {"errors", measured(design.errors)},
      {"unknown_issued", measured(design.unknown_issued)},
      {"unknown_not_issued", measured(design.unknown_not_issued)},
      {"held_max", measured(design.held.max)},
      {"bad_runs", design.bad_runs},
      {"runs", design.runs},
      {"requests_per_second", rates_json(design.requests_per_second)},
      {"latency_ns",
       {{"p50", percentile_json(latency, 50)},
        {"p90", percentile_json(latency, 90)},
        {"p99", percentile_json(latency, 99)},
        {"p999", percentile_json(latency, 99.9)},
        {"max", maximum_json(latency)}}},
      {"durable_ns",
       {{"p50", percentile_json(durable, 50)},
        {"p99", percentile_json(durable, 99)},
        {"max", maximum_json(durable)}}},
      {"cost_per_request", cost_json(design.cost)},
      {"database_connections", connections_json(design.cost)},
      {"orders", orders_json(design.orders)},
      {"verdict", design.text()},
      {"outcome", outcome_name(design.verdict)},
      {"good", measured(design.verdict == Verdict::exact)},
      {"promise_broken", measured(design.breaks_promise)},
      {"skipped", design.verdict == Verdict::skipped ? Json(design.why) : Json()},
  };
}

}  // namespace

std::vector<std::string> race_head(const RaceResult& race) {
  const auto processes =
      race.processes > 1 ? fmt::format("processes {}  ", race.processes) : std::string();
  return {environment_line(race.environment),
          fmt::format("threads {}  {}requests {}  limit {}  users {}  runs {}  seed {}{}",
                      race.threads, processes, race.requests, race.limit, printable(race.users),
                      race.runs, race.seed, database_head(race))};
}

std::vector<std::string> server_notes(const RaceResult& race) {
  std::vector<std::string> notes;
  if (race.kafka_is_mock)
    notes.emplace_back(
        "Kafka is librdkafka's mock broker: its times say nothing about a real one.");
  for (const auto& note : race.notes) notes.push_back(printable(note));
  return notes;
}

std::vector<std::string> design_columns() {
  std::vector<std::string> names;
  const Json every_key = design_json({}).flatten();
  for (const auto& [path, value] : every_key.items()) {
    auto& name = names.emplace_back(path.substr(1));
    std::ranges::replace(name, '/', '_');
  }
  return names;
}

std::vector<std::string> design_values(const DesignResult& design) {
  std::vector<std::string> values;
  for (const auto& value : design_json(design).flatten()) values.push_back(csv_value(value));
  return values;
}

namespace {

std::string csv_of(const RaceResult& race) {
  std::vector<Column> columns;
  for (const auto& name : design_columns()) columns.push_back({name});
  Table table(std::move(columns));
  for (const auto& design : race.designs) {
    std::vector<Cell> row;
    for (auto& value : design_values(design)) row.emplace_back(std::move(value));
    table.add(std::move(row));
  }
  return table.render(Format::csv, {});
}

}  // namespace

std::string race_text(const RaceResult& race, Format format, const Look& look) {
  if (format == Format::csv) return csv_of(race);
  const bool markdown = format == Format::markdown;
  std::string out;
  for (const auto& line : race_head(race)) out += line + (markdown ? "\n\n" : "\n");
  if (!markdown) out += '\n';
  out += table_of(race).render(format, look) + '\n';
  if (race.surroundings.bystander.per_second > 0) out += orders_text(race, format, look) + '\n';
  if (!race.thresholds.empty()) out += thresholds_text(race.thresholds, format, look) + '\n';
  for (const auto& note : footnotes_of(race)) out += (markdown ? "- " : "  ") + note + '\n';
  for (const auto& design : race.designs)
    if (design.explanation)
      out += '\n' + explanation_text(design.name, *design.explanation, format, look);
  return out;
}

std::string race_json(const RaceResult& race) {
  Json environment = Json::object();
  for (const auto& [name, value] : race.environment) environment[name] = value;
  Json strategies = Json::array();
  for (const auto& design : race.designs) {
    strategies.push_back(design_json(design));
    strategies.back()["orders"]["first_waits_ns"] = first_waits_json(design.orders);
    strategies.back()["explanation"] =
        design.explanation ? explanation_json(*design.explanation) : Json();
  }
  const auto& around = race.surroundings;
  const Json report = {
      {"schema_version", 1},
      {"command", race.command},
      {"seed", race.seed},
      {"environment", environment},
      {"parameters",
       {{"threads", race.threads},
        {"requests", race.requests},
        {"limit", race.limit},
        {"users", race.users},
        {"runs", race.runs},
        {"processes", race.processes},
        {"hold", race.held},
        {"bystander_per_second", around.bystander.per_second},
        {"order_timeout_ms", around.bystander.timeout.count()},
        {"pool", around.pool},
        {"db_delay_ms", around.db_delay.count()},
        {"max_rate", around.rows_per_s_max}}},
      {"interrupted", race.interrupted},
      {"kafka_is_mock", race.kafka_is_mock},
      {"orders_alone", orders_json(race.orders_alone)},
      {"strategies", strategies},
      {"thresholds", thresholds_json(race.thresholds)},
      {"notes", race.notes},
  };
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace couponctl::report
