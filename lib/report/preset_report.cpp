#include "report/preset_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "report/csv_value.h"
#include "report/orders.h"
#include "report/race_report.h"
#include "report/units.h"

namespace couponctl::report {
namespace {

using Json = nlohmann::ordered_json;
using race::Claim;
using race::DesignResult;
using race::Judgement;
using race::Preset;
using race::RaceResult;
using race::Trial;
using race::TrialResult;
using race::Verdict;
using Kind = Claim::Kind;
using Word = Judgement::Word;

std::string says(const Claim& claim) {
  return fmt::format("{}{}", claim.says, claim.argued ? " (argued, not measured)" : "");
}

std::string rows_text(const Claim& claim, const Judgement& judgement, std::int64_t limit) {
  const auto& issued = *judgement.issued;
  const auto rows = claim.kind == Kind::one_row
                        ? fmt::format("{} row{}", range(issued), issued.max == 1 ? "" : "s")
                        : fmt::format("{} of {}", range(issued), limit);
  return rows + (judgement.flaws.empty() ? "" : ", " + judgement.flaws);
}

std::string pace_text(const Claim& claim, const Judgement::Pace& pace) {
  const auto times = short_number(pace.times());
  return fmt::format(
      "{}/s against {}/s of {} ({})", short_number(pace.requests_per_second.median),
      short_number(pace.of_base.median), claim.base,
      pace.is_slower() ? fmt::format("1 : {}", times) : fmt::format("{} : 1", times));
}

std::string measured(const Claim& claim, const Judgement& judgement, std::int64_t limit) {
  if (judgement.issued) return rows_text(claim, judgement, limit);
  if (judgement.pace) return pace_text(claim, *judgement.pace);
  if (judgement.delay)
    return fmt::format("the row {} after the answer", short_duration(*judgement.delay));
  if (judgement.waits)
    return fmt::format(
        "the order {}, the sign-up {}; {} without coupons", short_duration(judgement.waits->order),
        short_duration(judgement.waits->sign_up), short_duration(judgement.waits->alone));
  return "-";
}

Cell word_cell(const Judgement& judgement) {
  switch (judgement.word) {
    case Word::as_claimed:
      return {"✓ as claimed", Style::good};
    case Word::not_as_claimed:
      return {"✗ not as claimed", Style::bad};
    case Word::not_measured:
      break;
  }
  return {"not measured: " + printable(judgement.why), Style::dim};
}

Table table_of(const std::vector<TrialResult>& played) {
  Table table({{"STRATEGY"}, {"TRIAL"}, {"THE WRITE-UP SAYS"}, {"MEASURED"}, {"VERDICT"}});
  for (const auto& [trial, result] : played)
    for (const auto& claim : trial.claims) {
      const auto judgement = judge(claim, result);
      table.add({std::string(claim.design), std::string(trial.name), says(claim),
                 measured(claim, judgement, result.limit), word_cell(judgement)});
    }
  return table;
}

// By which rule the claims are judged, as far as something was measured.
std::vector<std::string> rules_of(const std::vector<TrialResult>& played) {
  std::set<Kind> kinds;
  bool counts_alone = false;
  for (const auto& [trial, result] : played)
    for (const auto& claim : trial.claims) {
      const auto judgement = judge(claim, result);
      if (!judgement.was_measured()) continue;
      kinds.insert(claim.kind);
      counts_alone = counts_alone || claim.without_race > 0;
    }
  std::vector<std::string> rules;
  const auto add = [&](bool applies, std::string rule) {
    if (applies) rules.push_back(std::move(rule));
  };
  add(kinds.contains(Kind::over_issues),
      "Too many: as claimed if a run had more rows than the limit here, by however many. That no "
      "run "
      "had is luck, and refutes nothing.");
  add(counts_alone,
      "One too many is no race: a single thread of naive issues that, by its `>`. It does not "
      "count.");
  add(kinds.contains(Kind::exactly) || kinds.contains(Kind::one_row),
      "Exactly, right: as claimed if every run had just so many rows, by the limit here, and "
      "nothing "
      "else was wrong.");
  add(kinds.contains(Kind::times_slower),
      fmt::format("A ratio: as claimed if that of the medians is within a factor of {} of the "
                  "claimed one.",
                  race::times_tolerance));
  add(kinds.contains(Kind::slower) || kinds.contains(Kind::faster),
      "Slow, fast: as claimed if it is against that design, and their runs do not overlap.");
  add(kinds.contains(Kind::row_later),
      "Delay: the median of those who won. Nothing sleeps here: a run is over when nothing moves.");
  add(kinds.contains(Kind::others_wait),
      fmt::format("They wait: as claimed if each waited for {} times as long as the median without "
                  "coupons.",
                  race::waits_from_times));
  add(kinds.contains(Kind::others_do_not),
      fmt::format("They do not: as claimed if none waited for {} times as long.",
                  race::waits_below_times));
  return rules;
}

// What decides the exit code and stands beside no claim.
void add_verdicts(const TrialResult& played, std::vector<std::string>& notes) {
  const auto is_told = [&](const DesignResult& design) {
    return std::ranges::any_of(played.trial.claims, [&](const Claim& claim) {
      return claim.design == design.name && judge(claim, played.result).why == design.why;
    });
  };
  for (const auto& design : played.result.designs) {
    const bool broken = design.verdict == Verdict::broken;
    if (broken || (design.verdict == Verdict::inconclusive && !is_told(design)))
      notes.push_back(fmt::format("{}, {}: {}{}", played.trial.name, design.name,
                                  broken ? "breaks its promise: " : "", printable(design.text())));
  }
}

std::vector<std::string> footnotes_of(const Preset& preset,
                                      const std::vector<TrialResult>& played) {
  std::vector<std::string> notes;
  if (std::ranges::any_of(played, [](const TrialResult& one) { return one.result.interrupted; }))
    notes.emplace_back("Interrupted: this is what was measured until then.");
  for (auto& rule : rules_of(played)) notes.push_back(std::move(rule));
  for (const auto note : preset.notes) notes.emplace_back(note);
  for (const auto& one : played) add_verdicts(one, notes);
  for (const auto& one : played)
    for (auto& note : server_notes(one.result))
      if (std::ranges::find(notes, note) == notes.end()) notes.push_back(std::move(note));
  return notes;
}

std::string_view key(Kind kind) {
  switch (kind) {
    case Kind::over_issues:
      return "over_issues";
    case Kind::exactly:
      return "exactly";
    case Kind::one_row:
      return "one_row";
    case Kind::times_slower:
      return "times_slower";
    case Kind::slower:
      return "slower";
    case Kind::faster:
      return "faster";
    case Kind::row_later:
      return "row_later";
    case Kind::others_wait:
      return "others_wait";
    case Kind::others_do_not:
      return "others_do_not";
    case Kind::not_tested:
      return "not_tested";
  }
  return "";
}

std::string_view key(Word word) {
  switch (word) {
    case Word::as_claimed:
      return "as claimed";
    case Word::not_as_claimed:
      return "not as claimed";
    case Word::not_measured:
      return "not measured";
  }
  return "";
}

Json claim_json(const Trial& trial, const Claim& claim, const RaceResult& result) {
  const auto judgement = judge(claim, result);
  const auto& [word, why, issued, flaws, pace, delay, waits] = judgement;
  const auto rounded = [](double number) { return Json(std::round(number * 100) / 100); };
  return {{"trial", trial.name},
          {"strategy", claim.design},
          {"kind", key(claim.kind)},
          {"says", claim.says},
          {"argued", claim.argued},
          {"verdict", key(word)},
          {"why", why.empty() ? Json() : Json(why)},
          {"limit", result.limit},
          {"issued_min", issued ? Json(issued->min) : Json()},
          {"issued_max", issued ? Json(issued->max) : Json()},
          {"flaws", flaws.empty() ? Json() : Json(flaws)},
          {"requests_per_second", pace ? rounded(pace->requests_per_second.median) : Json()},
          {"base", claim.base.empty() ? Json() : Json(claim.base)},
          {"base_requests_per_second", pace ? rounded(pace->of_base.median) : Json()},
          {"times_slower_claimed", claim.times > 0 ? Json(claim.times) : Json()},
          {"times_slower",
           pace ? rounded(pace->of_base.median / pace->requests_per_second.median) : Json()},
          {"row_delay_ns", delay ? Json(delay->count()) : Json()},
          {"order_ns", waits ? Json(waits->order.count()) : Json()},
          {"sign_up_ns", waits ? Json(waits->sign_up.count()) : Json()},
          {"alone_ns", waits ? Json(waits->alone.count()) : Json()}};
}

std::string csv_of(const std::vector<TrialResult>& played) {
  std::vector<Column> columns;
  const Json every_key = claim_json({}, {}, {});
  for (const auto& [name, value] : every_key.items()) columns.push_back({name});
  Table table(std::move(columns));
  for (const auto& [trial, result] : played)
    for (const auto& claim : trial.claims) {
      std::vector<Cell> row;
      for (const auto& value : claim_json(trial, claim, result)) row.emplace_back(csv_value(value));
      table.add(std::move(row));
    }
  return table.render(Format::csv, {});
}

}  // namespace

std::string preset_text(const Preset& preset, const std::vector<TrialResult>& played, Format format,
                        const Look& look) {
  if (format == Format::csv) return csv_of(played);
  const bool markdown = format == Format::markdown;
  const auto& race = played.front().result;
  const auto* const end = markdown ? "\n\n" : "\n";
  auto out = environment_line(race.environment) + end;
  out += fmt::format("{}: {}{}", preset.name, preset.sentence, end);
  out += fmt::format("threads {}  requests {}  limit {}  runs {}  seed {}{}{}", race.threads,
                     race.requests, race.limit, race.runs, race.seed, database_head(race), end);
  if (!markdown) out += '\n';
  out += table_of(played).render(format, look) + '\n';
  for (const auto& note : footnotes_of(preset, played))
    out += (markdown ? "- " : "  ") + note + '\n';
  return out;
}

std::string preset_json(const Preset& preset, const std::vector<TrialResult>& played) {
  Json report = {{"schema_version", 1}};
  Json claims = Json::array();
  Json trials = Json::array();
  for (const auto& [trial, result] : played) {
    auto one = Json::parse(race_json(result));
    if (trials.empty()) {
      for (const auto* shared : {"command", "seed", "environment", "kafka_is_mock"})
        report[shared] = one.at(shared);
      report["preset"] = {{"name", preset.name},
                          {"sentence", preset.sentence},
                          {"count_key", preset.count_key},
                          {"notes", preset.notes}};
    }
    for (const auto& claim : trial.claims) claims.push_back(claim_json(trial, claim, result));
    trials.push_back({{"trial", trial.name},
                      {"parameters", one.at("parameters")},
                      {"interrupted", result.interrupted},
                      {"strategies", one.at("strategies")},
                      {"notes", one.at("notes")}});
  }
  report["claims"] = std::move(claims);
  report["trials"] = std::move(trials);
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace couponctl::report
