#include "report/explore_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/command_text.h"
#include "report/units.h"

namespace couponctl::report {
namespace {

using Json = nlohmann::ordered_json;
using race::all_flaws;
using race::Exploration;
using race::Flaw;
using race::Played;
using race::Step;

std::int64_t count(const Exploration& found, Flaw flaw) {
  const auto counted = found.flaws.find(flaw);
  return counted == found.flaws.end() ? 0 : counted->second;
}

// "over-issues in 4 orders, loses in 2"
std::string flaws_text(const Exploration& found) {
  std::vector<std::string> parts;
  for (const auto flaw : all_flaws)
    if (const auto orders = count(found, flaw); orders > 0)
      parts.push_back(fmt::format("{} in {}", race::name(flaw), grouped(orders)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

Cell verdict(const Explored& design) {
  const auto& found = design.found;
  if (!design.skipped.empty()) return {"skipped: " + printable(design.skipped), Style::dim};
  if (!design.failed.empty()) return {"✗ failed: " + printable(design.failed), Style::bad};
  const std::string rest = !found.inconclusive.empty()
                               ? "; inconclusive: " + printable(found.inconclusive)
                           : found.interrupted                    ? "; interrupted"
                           : !found.exhaustive && !found.replayed ? "; a sample, no proof"
                                                                  : "";
  if (found.bad_orders > 0)
    return {fmt::format("✗ {} of {} orders{}{}", flaws_text(found), grouped(found.orders),
                        found.broken_orders > 0 ? ": A PROMISE IS BROKEN" : ", as expected", rest),
            Style::bad};
  if (!found.inconclusive.empty())
    return {fmt::format("? inconclusive after {} orders: {}", grouped(found.orders),
                        printable(found.inconclusive)),
            Style::bad};
  if (found.exhaustive)
    return {fmt::format("✓ right in all {} orders", grouped(found.orders)), Style::good};
  return {fmt::format("nothing wrong in {} orders{}", grouped(found.orders), rest), Style::dim};
}

Table table_of(const ExploreReport& report) {
  constexpr auto right = Align::right;
  Table table(
      {{"STRATEGY"}, {"ORDERS", right}, {"BAD", right, "bad_orders"}, {"SHORTEST"}, {"VERDICT"}});
  for (const auto& design : report.designs) {
    const auto& found = design.found;
    const auto* const shortest = race::shortest(found);
    table.add({found.name, found.orders > 0 ? grouped(found.orders) : "-",
               found.orders > 0 ? grouped(found.bad_orders) : "-",
               shortest ? shortest->schedule : "", verdict(design)});
  }
  return table;
}

// What an actor did in a step: "INCR coupon_count → (integer) 1".
std::string step_text(const Step& step) {
  const auto command = printable(shortened(step.command));
  if (step.is_kill) return "killed before: " + command;
  const std::string waited = step.blocked ? " (waited for a lock)" : "";
  return step.answer.empty()
             ? command + waited
             : fmt::format("{} → {}{}", command, printable(shortened(step.answer)), waited);
}

std::string timeline(const Played& played, const Look& look) {
  std::vector<Column> columns{{"", Align::right}};
  for (const auto& actor : played.actors) columns.push_back({actor.name});
  Table table(std::move(columns));
  for (std::size_t i = 0; i < played.steps.size(); ++i) {
    std::vector<Cell> row(played.actors.size() + 1, "");
    row.at(0) = std::to_string(i + 1);
    row.at(static_cast<std::size_t>(played.steps[i].actor) + 1) = step_text(played.steps[i]);
    table.add(std::move(row));
  }
  std::vector<Cell> told(played.actors.size() + 1, "");
  told.at(0) = "told";
  std::string again;
  for (std::size_t i = 0; i < played.told.size(); ++i) {
    const auto text = printable(shortened(played.told[i]));
    if (i < played.actors.size() && played.actors[i].is_caller)
      told.at(i + 1) = text;
    else
      again = fmt::format("  asked again: {}\n", text);
  }
  table.add(std::move(told));
  std::string text = table.render(Format::table, look) + again;
  std::vector<std::string_view> flaws;
  for (const auto flaw : all_flaws)
    if (played.found.count(flaw) > 0) flaws.push_back(race::name(flaw));
  return text + fmt::format("  rows: {}{}{}\n", played.found.issued, flaws.empty() ? "" : ": ",
                            fmt::join(flaws, ", "));
}

Json json_of(const Played& played) {
  auto steps = Json::array();
  for (const auto& step : played.steps)
    steps.push_back({{"caller", played.actors.at(static_cast<std::size_t>(step.actor)).name},
                     {"server", server_name(step.server)},
                     {"command", printable(step.command)},
                     {"answer", printable(step.answer)},
                     {"blocked", step.blocked},
                     {"killed", step.is_kill}});
  auto told = Json::array();
  for (const auto& text : played.told) told.push_back(printable(text));
  return {{"schedule", played.schedule},
          {"steps", steps},
          {"told", told},
          {"rows", played.found.issued}};
}

Json json_of(const Explored& design) {
  const auto& found = design.found;
  const auto* const bad = race::shortest(found);
  auto json = Json{{"strategy", found.name},
                   {"callers", found.callers},
                   {"left", found.left},
                   {"users", found.same_user ? "same" : "distinct"},
                   {"crash", found.crash},
                   {"orders", found.orders},
                   {"exhaustive", found.exhaustive},
                   {"bad_orders", found.bad_orders},
                   {"broken_orders", found.broken_orders}};
  for (const auto flaw : all_flaws)
    if (flaw != Flaw::inversion) json[race::key(flaw)] = count(found, flaw);  // no call has a time
  json["shortest"] = bad ? json_of(*bad) : Json(nullptr);
  json["replayed"] = found.replayed ? json_of(*found.replayed) : Json(nullptr);
  json["interrupted"] = found.interrupted;
  json["not_removed"] =
      found.not_removed.empty() ? Json(nullptr) : Json(printable(found.not_removed));
  json["inconclusive"] =
      found.inconclusive.empty() ? Json(nullptr) : Json(printable(found.inconclusive));
  json["failed"] = design.failed.empty() ? Json(nullptr) : Json(printable(design.failed));
  json["skipped"] = design.skipped.empty() ? Json(nullptr) : Json(printable(design.skipped));
  return json;
}

}  // namespace

std::string explore_text(const ExploreReport& report, Format format, const Look& look) {
  auto table = table_of(report).render(format, look);
  if (format != Format::table) return table;
  auto text = environment_line(report.environment) + "\n\n" + table;
  for (const auto& design : report.designs)
    if (!design.found.not_removed.empty())
      text += "\n  " + printable(design.found.not_removed) + "\n";
  if (report.designs.size() != 1) {
    const bool any_bad = std::ranges::any_of(
        report.designs, [](const auto& design) { return design.found.bad_orders > 0; });
    return any_bad ? text + "\n  With --strategy NAME alone, the shortest bad order is shown.\n"
                   : text;
  }
  const auto& found = report.designs.front().found;
  if (found.replayed) return text + "\n" + timeline(*found.replayed, look);
  for (const auto& [flaw, played] : found.shortest)
    text += fmt::format("\nThe shortest order that {} (again: --replay {}):\n\n{}",
                        race::name(flaw), played.schedule, timeline(played, look));
  return text;
}

std::string explore_json(const ExploreReport& report) {
  Json environment;
  for (const auto& [name, value] : report.environment) environment[name] = printable(value);
  auto designs = Json::array();
  for (const auto& design : report.designs) designs.push_back(json_of(design));
  const Json json = {{"schema_version", 1},
                     {"command", printable(report.command)},
                     {"seed", report.seed},
                     {"environment", environment},
                     {"strategies", designs}};
  return json.dump(2) + "\n";
}

}  // namespace couponctl::report
