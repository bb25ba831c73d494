#include "fault/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/parse.h"
#include "report/table.h"

namespace couponctl::fault {

void Totals::add(const Outcome& outcome) {
  ++trials;
  for (const auto& [fault, count] : outcome.faults) faults[fault] += count;
  for (const auto& finding : outcome.findings) ++found[static_cast<std::size_t>(finding.breach)];
  longest = std::max(longest, outcome.elapsed);
}

bool Totals::clean() const {
  return std::ranges::all_of(found, [](int count) { return count == 0; });
}

std::string findings_text(const Result& result) {
  std::string text = fmt::format("{} {}\n", result.task.name, describe(result.task.plan));
  for (const auto& finding : result.outcome.findings)
    text += fmt::format("  {}: {}\n", name(finding.breach), finding.what);
  text += fmt::format("  logs: {}\n  again: fault_driver --replay {}\n", result.logs.native(),
                      result.task.plan.seed);
  return text;
}

std::string totals_text(const Totals& totals, bool colour) {
  report::Table faults({{"FAULT"}, {"HAPPENED", report::Align::right}});
  int sum = 0;
  for (const auto& [fault, count] : totals.faults) {
    faults.add({fault, std::to_string(count)});
    sum += count;
  }
  auto text = faults.render(report::Format::table, {.colour = colour}) + '\n';
  report::Table verdicts({{"RESULT"}, {"NUMBER", report::Align::right}});
  verdicts.add({"trials", std::to_string(totals.trials)});
  verdicts.add({"faults", std::to_string(sum)});
  for (std::size_t i = 0; i < breaches; ++i) {
    const auto style = totals.found[i] > 0 ? report::Style::bad : report::Style::none;
    verdicts.add({std::string(name(static_cast<Breach>(i))),
                  report::Cell(std::to_string(totals.found[i]), style)});
  }
  verdicts.add({"longest trial", core::format_duration(totals.longest)});
  return text + verdicts.render(report::Format::table, {.colour = colour});
}

}  // namespace couponctl::fault
