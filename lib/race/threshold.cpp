#include "race/threshold.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "core/parse.h"
#include "race/result.h"
#include "race/statistics.h"

namespace couponctl::race {
namespace {

using core::Error;
using core::Result;
using Range = Metric::Range;
using Relation = Threshold::Relation;
using Unit = Metric::Unit;

constexpr double value_max = 1e15;

template <auto member>
std::optional<Range> sum(const DesignResult& design) {
  const auto number = static_cast<double>(design.*member);
  return Range{number, number};
}

template <Spread DesignResult::*member>
std::optional<Range> spread(const DesignResult& design) {
  const auto& [min, max] = design.*member;
  return Range{static_cast<double>(min), static_cast<double>(max)};
}

template <load::Histogram DesignResult::*member, int per_mille>
std::optional<Range> percentile(const DesignResult& design) {
  const auto& histogram = design.*member;
  const auto percent = per_mille / 10.0;
  if (!has_percentile(histogram, percent)) return std::nullopt;
  const auto time = static_cast<double>(histogram.percentile(percent));
  return Range{time, time};
}

template <load::Histogram DesignResult::*member>
std::optional<Range> longest(const DesignResult& design) {
  const auto& histogram = design.*member;
  if (histogram.count() == 0) return std::nullopt;
  const auto time = static_cast<double>(histogram.max());
  return Range{time, time};
}

std::optional<Range> rate(const DesignResult& design) {
  if (design.requests_per_second.empty()) return std::nullopt;
  const auto per_second = median(design.requests_per_second).median;
  return Range{per_second, per_second};
}

template <double Cost::*member>
std::optional<Range> cost(const DesignResult& design) {
  if (!design.cost) return std::nullopt;
  return Range{(*design.cost).*member, (*design.cost).*member};
}

using Design = DesignResult;
constexpr Metric metrics[] = {
    {"issued", Unit::count, spread<&Design::issued>},
    {"over", Unit::count, spread<&Design::over>},
    {"under", Unit::count, sum<&Design::under>},
    {"duplicate", Unit::count, sum<&Design::duplicate>},
    {"lost", Unit::count, sum<&Design::lost>},
    {"phantom", Unit::count, sum<&Design::phantom>},
    {"locked_out", Unit::count, sum<&Design::locked_out>},
    {"fcfs_inversion", Unit::count, sum<&Design::inversion>},
    {"errors", Unit::count, sum<&Design::errors>},
    {"bad_runs", Unit::count, sum<&Design::bad_runs>},
    {"requests_per_second", Unit::number, rate},
    {"p50", Unit::nanoseconds, percentile<&Design::latency, 500>},
    {"p90", Unit::nanoseconds, percentile<&Design::latency, 900>},
    {"p99", Unit::nanoseconds, percentile<&Design::latency, 990>},
    {"p999", Unit::nanoseconds, percentile<&Design::latency, 999>},
    {"max", Unit::nanoseconds, longest<&Design::latency>},
    {"durable_p50", Unit::nanoseconds, percentile<&Design::durable, 500>},
    {"durable_p99", Unit::nanoseconds, percentile<&Design::durable, 990>},
    {"durable_max", Unit::nanoseconds, longest<&Design::durable>},
    {"sql_per_request", Unit::number, cost<&Cost::sql_statements>, true},
    {"redis_per_request", Unit::number, cost<&Cost::redis_commands>, true},
};

// The longer ones first.
constexpr std::pair<std::string_view, Relation> relations[] = {{"<=", Relation::at_most},
                                                               {">=", Relation::at_least},
                                                               {"==", Relation::equal},
                                                               {"<", Relation::less},
                                                               {">", Relation::more}};

constexpr std::pair<std::string_view, double> time_units[] = {
    {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

Error refused(std::string reason) { return {core::Fault::invalid, {}, std::move(reason)}; }

Result<double> parse_value(std::string_view text, const Metric& metric) {
  if (metric.unit != Unit::nanoseconds) return core::parse_number(text, 0, value_max);
  const auto letters = text.find_first_not_of("0123456789.");
  const auto unit = letters == std::string_view::npos ? "" : text.substr(letters);
  const auto* const found =
      std::ranges::find(time_units, unit, &std::pair<std::string_view, double>::first);
  if (found == std::end(time_units))
    return refused(fmt::format("must compare {} with a time and its unit: ns, us, ms or s (got {})",
                               metric.name, core::quote(text)));
  const auto number = core::parse_number(text.substr(0, letters), 0, value_max);
  if (!number) return number.error();
  return *number * found->second;
}

bool keeps(double measured, const Threshold& threshold) {
  switch (threshold.relation) {
    case Relation::less:
      return measured < threshold.bound;
    case Relation::at_most:
      return measured <= threshold.bound;
    case Relation::equal:
      return measured == threshold.bound;
    case Relation::at_least:
      return measured >= threshold.bound;
    case Relation::more:
      return measured > threshold.bound;
  }
  return false;
}

}  // namespace

Result<Threshold> parse_threshold(std::string_view text) {
  const auto at = text.find_first_of("<>=");
  const auto dot = text.substr(0, at).rfind('.');
  const auto* const relation = std::ranges::find_if(relations, [&](const auto& known) {
    return at != std::string_view::npos && text.substr(at).starts_with(known.first);
  });
  if (dot == std::string_view::npos || relation == std::end(relations))
    return refused(
        fmt::format("must be like \"pipeline.p99 < 50ms\", with <, <=, ==, >= or > "
                    "(got {})",
                    core::quote(text)));
  const auto name = trimmed(text.substr(dot + 1, at - dot - 1));
  const auto* const metric = std::ranges::find(metrics, name, &Metric::name);
  if (metric == std::end(metrics))
    return refused(fmt::format("must name one of {} behind the dot (got {})",
                               fmt::join(metric_names(), ", "), core::quote(name)));
  const auto value = parse_value(trimmed(text.substr(at + relation->first.size())), *metric);
  if (!value) return value.error();
  return Threshold{.text = std::string(trimmed(text)),
                   .design = std::string(trimmed(text.substr(0, dot))),
                   .metric = metric,
                   .relation = relation->second,
                   .bound = *value};
}

std::vector<std::string_view> metric_names() {
  std::vector<std::string_view> names;
  for (const auto& metric : metrics) names.push_back(metric.name);
  return names;
}

std::vector<Judged> judge(const std::vector<Threshold>& thresholds,
                          const std::vector<DesignResult>& designs) {
  std::vector<Judged> all;
  for (const auto& threshold : thresholds) {
    auto& judged = all.emplace_back(Judged{.threshold = threshold});
    const auto design = std::ranges::find(designs, threshold.design, &DesignResult::name);
    if (design == designs.end() || !design->ran() || design->verdict == Verdict::inconclusive)
      continue;
    judged.measured = threshold.metric->of(*design);
    if (!judged.measured) continue;
    const auto& [low, high] = *judged.measured;
    const bool kept = keeps(low, threshold) && keeps(high, threshold);
    judged.word = kept ? Judged::Word::kept : Judged::Word::missed;
  }
  return all;
}

}  // namespace couponctl::race
