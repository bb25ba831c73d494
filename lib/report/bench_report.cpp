#include "report/bench_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "load/statistics.h"
#include "report/units.h"

namespace couponctl::report {
namespace {

using Json = nlohmann::ordered_json;
using load::BenchResult;
using load::Histogram;
using load::StrategyResult;

bool has_p999(const StrategyResult& strategy) {
  return strategy.latency.count() >= p999_samples_min;
}

std::string percentile_text(const Histogram& histogram, double percent) {
  if (histogram.count() == 0) return "-";
  return short_duration(std::chrono::nanoseconds(histogram.percentile(percent)));
}

std::string rate_text(const std::vector<double>& rates) {
  return rates.empty() ? "-" : short_number(load::median(rates).median);
}

struct Field {
  Column column;
  std::function<Cell(const StrategyResult&)> cell;
};

// The table's columns; UNDER, p99.9 and ERR only if a strategy has something to show in them.
std::vector<Field> fields_of(const BenchResult& bench) {
  const auto any = [&](const auto& test) { return std::ranges::any_of(bench.strategies, test); };
  constexpr auto right = Align::right;
  using Row = const StrategyResult&;
  std::vector<Field> fields = {
      {{"STRATEGY"}, [](Row row) { return row.name; }},
      {{"ISSUED"}, [](Row row) { return range(row.issued); }},
      {{"OVER", right}, [](Row row) { return excess(row.over); }},
  };
  if (any([](Row row) { return row.under != 0; }))
    fields.push_back({{"UNDER", right}, [](Row row) { return grouped(row.under); }});
  fields.push_back({{"DUP", right}, [](Row row) { return grouped(row.duplicate); }});
  fields.push_back({{"LOST", right}, [](Row row) { return grouped(row.lost); }});
  if (any([](Row row) { return row.errors != 0; }))
    fields.push_back({{"ERR", right}, [](Row row) { return grouped(row.errors); }});
  fields.push_back(
      {{"BAD RUNS", right}, [](Row row) { return fmt::format("{}/{}", row.bad_runs, row.runs); }});
  fields.push_back({{"REQ/S", right}, [](Row row) { return rate_text(row.requests_per_second); }});
  fields.push_back({{"p50", right}, [](Row row) { return percentile_text(row.latency, 50); }});
  fields.push_back({{"p99", right}, [](Row row) { return percentile_text(row.latency, 99); }});
  if (any(has_p999))
    fields.push_back({{"p99.9", right}, [](Row row) {
                        return has_p999(row) ? percentile_text(row.latency, 99.9) : "-";
                      }});
  fields.push_back(
      {{"DURABLE p99", right}, [](Row row) { return percentile_text(row.durable, 99); }});
  fields.push_back({{"VERDICT"}, [](Row row) {
                      return row.good ? Cell("✓ " + row.verdict, Style::good)
                                      : Cell("✗ " + row.verdict, Style::bad);
                    }});
  return fields;
}

Table table_of(const BenchResult& bench) {
  const auto fields = fields_of(bench);
  std::vector<Column> columns;
  for (const auto& field : fields) columns.push_back(field.column);
  Table table(std::move(columns));
  for (const auto& strategy : bench.strategies) {
    std::vector<Cell> row;
    if (strategy.skipped.empty()) {
      for (const auto& field : fields) row.push_back(field.cell(strategy));
    } else {
      row.assign(fields.size(), "");
      row.front() = {strategy.name, Style::dim};
      row.back() = {"skipped: " + strategy.skipped, Style::dim};
    }
    table.add(std::move(row));
  }
  return table;
}

std::vector<std::string> head_of(const BenchResult& bench) {
  std::string environment = "couponctl " COUPONCTL_VERSION;
  for (const auto& [name, value] : bench.environment)
    environment += printable(fmt::format("  {} {}", name, value));
  return {environment, fmt::format("threads {}  requests {}  limit {}  users {}  runs {}  seed {}",
                                   bench.threads, bench.requests, bench.limit,
                                   printable(bench.users), bench.runs, bench.seed)};
}

// How many percentiles are missing for want of samples, or "".
std::string p999_footnote(const std::vector<const StrategyResult*>& ran) {
  std::int64_t fewest = p999_samples_min;
  for (const auto* strategy : ran) fewest = std::min(fewest, strategy->latency.count());
  if (fewest == p999_samples_min) return "";
  return fmt::format(
      "p99.9 is shown from {} samples on; {}: raise --requests or --runs.",
      grouped(p999_samples_min),
      fewest == 0 ? "a strategy has none" : "the fewest here are " + grouped(fewest));
}

std::vector<std::string> footnotes_of(const BenchResult& bench) {
  std::vector<const StrategyResult*> ran;
  std::set<int> runs_without_bad;
  for (const auto& strategy : bench.strategies) {
    if (!strategy.skipped.empty()) continue;
    ran.push_back(&strategy);
    if (strategy.bad_runs == 0 && strategy.runs > 0) runs_without_bad.insert(strategy.runs);
  }
  std::vector<std::string> notes;
  if (bench.interrupted) notes.push_back("Interrupted: this is what was measured until then.");
  if (!ran.empty())
    notes.push_back("REQ/S is the median of the runs; its interval is in --output json.");
  for (const int runs : runs_without_bad)
    notes.push_back(
        fmt::format("0/{} bad runs: below {} at 95 % confidence (Clopper-Pearson), not zero.", runs,
                    percentage(load::proportion_upper_bound(0, runs))));
  if (const auto note = p999_footnote(ran); !note.empty()) notes.push_back(note);
  if (bench.kafka_is_mock)
    notes.push_back("Kafka is librdkafka's mock broker: its times say nothing about a real one.");
  for (const auto& note : bench.notes) notes.push_back(printable(note));
  return notes;
}

Json percentile_json(const Histogram& histogram, double percent) {
  return histogram.count() == 0 ? Json() : Json(histogram.percentile(percent));
}

Json rates_json(const std::vector<double>& rates) {
  if (rates.empty())
    return {{"median", nullptr}, {"low", nullptr}, {"high", nullptr}, {"coverage", nullptr}};
  const auto rate = load::median(rates);
  const auto rounded = [](double number) { return std::round(number * 100) / 100; };
  const bool confident = rate.coverage == load::Coverage::confidence_95;
  return {{"median", rounded(rate.median)},
          {"low", rounded(rate.low)},
          {"high", rounded(rate.high)},
          {"coverage", confident ? "confidence_95" : "min_to_max"}};
}

Json strategy_json(const StrategyResult& strategy) {
  const bool ran = strategy.skipped.empty();
  const auto measured = [&](Json value) { return ran ? std::move(value) : Json(); };
  const auto& latency = strategy.latency;
  const auto& durable = strategy.durable;
  return {
      {"name", strategy.name},
      {"expected", strategy.expected},
      {"issued_min", measured(strategy.issued.min)},
      {"issued_max", measured(strategy.issued.max)},
      {"over_min", measured(strategy.over.min)},
      {"over_max", measured(strategy.over.max)},
      {"under", measured(strategy.under)},
      {"duplicate", measured(strategy.duplicate)},
      {"lost", measured(strategy.lost)},
      {"errors", measured(strategy.errors)},
      {"bad_runs", strategy.bad_runs},
      {"runs", strategy.runs},
      {"requests_per_second", rates_json(strategy.requests_per_second)},
      {"latency_ns",
       {{"p50", percentile_json(latency, 50)},
        {"p90", percentile_json(latency, 90)},
        {"p99", percentile_json(latency, 99)},
        {"p999", has_p999(strategy) ? percentile_json(latency, 99.9) : Json()},
        {"max", percentile_json(latency, 100)}}},
      {"durable_ns",
       {{"p50", percentile_json(durable, 50)},
        {"p99", percentile_json(durable, 99)},
        {"max", percentile_json(durable, 100)}}},
      {"verdict", measured(strategy.verdict)},
      {"good", measured(strategy.good)},
      {"promise_broken", measured(strategy.promise_broken)},
      {"skipped", ran ? Json() : Json(strategy.skipped)},
  };
}

std::string csv_value(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string csv_of(const BenchResult& bench) {
  std::vector<Column> columns;
  const Json every_key = strategy_json({}).flatten();
  for (const auto& [path, value] : every_key.items()) {
    auto name = path.substr(1);
    std::ranges::replace(name, '/', '_');
    columns.push_back({name});
  }
  Table table(std::move(columns));
  for (const auto& strategy : bench.strategies) {
    std::vector<Cell> row;
    for (const auto& value : strategy_json(strategy).flatten()) row.push_back(csv_value(value));
    table.add(std::move(row));
  }
  return table.render(Format::csv, false);
}

}  // namespace

std::string bench_text(const BenchResult& bench, Format format, bool colour) {
  if (format == Format::csv) return csv_of(bench);
  const bool markdown = format == Format::markdown;
  std::string out;
  for (const auto& line : head_of(bench)) out += line + (markdown ? "\n\n" : "\n");
  if (!markdown) out += '\n';
  out += table_of(bench).render(format, colour) + '\n';
  for (const auto& note : footnotes_of(bench)) out += (markdown ? "- " : "  ") + note + '\n';
  return out;
}

std::string bench_json(const BenchResult& bench) {
  Json environment = Json::object();
  for (const auto& [name, value] : bench.environment) environment[name] = value;
  Json strategies = Json::array();
  for (const auto& strategy : bench.strategies) strategies.push_back(strategy_json(strategy));
  const Json report = {
      {"schema_version", 1},
      {"command", bench.command},
      {"seed", bench.seed},
      {"environment", environment},
      {"parameters",
       {{"threads", bench.threads},
        {"requests", bench.requests},
        {"limit", bench.limit},
        {"users", bench.users},
        {"runs", bench.runs}}},
      {"interrupted", bench.interrupted},
      {"kafka_is_mock", bench.kafka_is_mock},
      {"strategies", strategies},
      {"notes", bench.notes},
  };
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace couponctl::report
