// `couponctl audit`: whether everything that the stores hold of a campaign fits together.
#include "audit/audit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "audit/self_test.h"
#include "cli/output.h"
#include "couponctl/commands.h"
#include "ledger/schema.h"
#include "process/signals.h"
#include "report/progress.h"
#include "servers/connect.h"

namespace couponctl::cmd {
namespace {

using audit::Audit;
using audit::Finding;
using audit::Planted;
using audit::Verdict;
using cli::CommandLine;
using cli::Context;
using cli::Globals;
using core::Exit;

struct Options {
  bool self_test = false;
};

// On a terminal, how far the scan has come.
class Show {
 public:
  explicit Show(report::Terminal terminal) : terminal_(std::move(terminal)) {}

  void operator()(std::string_view what, std::int64_t done, std::int64_t total) {
    if (!progress_ || what != what_) progress_.emplace(terminal_, std::string(what_ = what), total);
    progress_->update(done);
  }

 private:
  report::Terminal terminal_;
  std::string what_;
  std::optional<report::Progress> progress_;
};

audit::AuditOptions audit_options(const Context& context) {
  const auto servers = context.globals.servers();
  audit::AuditOptions options{.redis = servers.redis,
                              .kafka = servers.kafka,
                              .mysql = servers.mysql,
                              .topic = context.globals.topic,
                              .group = context.globals.group,
                              .campaign = context.globals.campaign};
  if (context.err_is_terminal)
    options.progress = [show = std::make_shared<Show>(context.progress_terminal())](
                           auto what, auto done, auto total) { (*show)(what, done, total); };
  return options;
}

// Says which server it is, with its flag, before the audit begins. Not ledger::open(): a missing
// key is something to be found.
void require_servers(const Globals& globals, bool needs_database) {
  auto servers = globals.servers();
  servers::connect(servers.redis);
  if (!needs_database) servers.mysql.database = "";
  servers::connected(ledger::connect(servers.mysql), servers.mysql);
}

report::Style style_of(const Finding& finding) {
  if (finding.violations > 0) return report::Style::bad;
  return finding.examined > 0 ? report::Style::good : report::Style::dim;
}

report::Table table_of(const Audit& audit) {
  constexpr auto right = report::Align::right;
  report::Table table({{"RULE"}, {"EXAMINED", right}, {"VIOLATIONS", right}, {"VERDICT"}});
  std::int64_t examined = 0;
  std::int64_t violations = 0;
  for (const auto& finding : audit.findings) {
    examined += finding.examined;
    violations += finding.violations;
    table.add({finding.rule,
               std::to_string(finding.examined),
               std::to_string(finding.violations),
               {std::string(finding.verdict()), style_of(finding)}});
  }
  const auto verdict = audit.verdict();
  const auto style = verdict == Verdict::consistent ? report::Style::good
                     : verdict == Verdict::violated ? report::Style::bad
                                                    : report::Style::none;
  table.add({"all",
             std::to_string(examined),
             std::to_string(violations),
             {std::string(audit::name(verdict)), style}});
  return table;
}

nlohmann::ordered_json json_of(const Audit& audit) {
  auto rules = nlohmann::ordered_json::array();
  for (const auto& finding : audit.findings)
    rules.push_back({{"rule", finding.rule},
                     {"claim", finding.claim},
                     {"examined", finding.examined},
                     {"violations", finding.violations},
                     {"examples", finding.examples},
                     {"notes", finding.notes},
                     {"mend", finding.violations > 0 ? finding.hint : ""},
                     {"verdict", finding.verdict()}});
  return {{"campaign", audit.campaign},
          {"epoch", audit.epoch},
          {"state", audit.state},
          {"quota", audit.quota},
          {"admitted", audit.admitted},
          {"issued", audit.coupons},
          {"outbox", audit.outbox},
          {"lag", audit.lag},
          {"failed_new", audit.failed_new},
          {"rules", rules},
          {"verdict", audit::name(audit.verdict())}};
}

void explain(const Context& context, const Finding& finding) {
  if (finding.violations > 0) {
    context.note(fmt::format("{}: {}. Not so:", finding.rule, finding.claim));
    for (const auto& example : finding.examples) context.note(fmt::format("  {}", example));
    const auto shown = static_cast<std::int64_t>(finding.examples.size());
    if (finding.violations > shown)
      context.note(fmt::format("  and {} more", finding.violations - shown));
    context.note(fmt::format("  {}.", finding.hint));
  }
  for (const auto& note : finding.notes)
    context.note(fmt::format("{}: note: {}.", finding.rule, note));
}

void explain(const Context& context, const Audit& audit) {
  for (const auto& finding : audit.findings) explain(context, finding);
  auto text = fmt::format("Campaign {}, epoch {}, {}: ", audit.campaign, audit.epoch, audit.state);
  switch (audit.verdict()) {
    case Verdict::consistent:
      text += "everything fits";
      break;
    case Verdict::in_flight:
      text += fmt::format("warning: under way, outbox {}, topic lag {}. What is there fits",
                          audit.outbox, audit.lag);
      if (audit.moved) text += ", as far as it stood still";
      break;
    case Verdict::incomplete:
      text += fmt::format(
          "{} failed events may still become coupons. Run \"couponctl replay-failed --campaign "
          "{}\"",
          audit.failed_new, audit.campaign);
      break;
    case Verdict::group_ahead:
      text += fmt::format(
          "somebody reads for group {} whose work is not in this database: another deployment on "
          "this topic, or a consumer before the database lost commits. Nothing is lost: "
          "\"couponctl "
          "consume\" goes on at the database's progress, where it is given the partition. Give "
          "each deployment a --topic and a --group of its own",
          context.globals.group);
      break;
    case Verdict::violated:
      text += "a promise is broken";
      break;
  }
  context.note(fmt::format("{}.", text));
}

Exit exit_of(Verdict verdict) {
  if (verdict == Verdict::violated) return Exit::broken_promise;
  const bool conclusive = verdict == Verdict::consistent || verdict == Verdict::in_flight;
  return conclusive ? Exit::ok : Exit::incomplete;
}

std::string listed(const std::set<std::string>& rules) {
  return rules.empty() ? "-" : fmt::format("{}", fmt::join(rules, " "));
}

std::string found_text(const Planted& planted) {
  if (planted.is_exact()) return "exactly";
  return fmt::format("NO: {}, {}", listed(planted.found), audit::name(planted.verdict));
}

Exit self_test(const Context& context) {
  const process::SignalWatch signals(context.globals.quiet);
  const auto all = audit::self_test(audit_options(context), signals.stop_token(),
                                    [&](const std::string& text) { context.warn(text); });
  report::Table table({{"ANOMALY"}, {"RULE", report::Align::left, "rules"}, {"FOUND"}});
  auto json = nlohmann::ordered_json::array();
  for (const auto& planted : all) {
    table.add(
        {planted.anomaly,
         listed(planted.rules),
         {found_text(planted), planted.is_exact() ? report::Style::good : report::Style::bad}});
    json.push_back({{"anomaly", planted.anomaly},
                    {"rules", planted.rules},
                    {"found", planted.found},
                    {"verdict", audit::name(planted.verdict)},
                    {"exact", planted.is_exact()}});
  }
  const auto exact = std::ranges::count_if(all, &Planted::is_exact);
  const bool all_exact = exact == std::ssize(all);
  print(context, table, {{"anomalies", json}, {"all_exact", all_exact}});
  if (context.globals.output != "json")
    context.note(fmt::format("{} of {} found exactly.", exact, all.size()));
  if (signals.exit_code() != Exit::ok) return signals.exit_code();
  return all_exact ? Exit::ok : Exit::broken_promise;
}

Exit audit(const Options& options, const Context& context) {
  require_servers(context.globals, !options.self_test);
  if (options.self_test) return self_test(context);
  const auto result = audit::audit(audit_options(context));
  print(context, table_of(result), json_of(result));
  if (context.globals.output != "json") explain(context, result);
  return exit_of(result.verdict());
}

}  // namespace

void add_audit(CommandLine& line) {
  auto options = std::make_shared<Options>();
  line.command("audit", "Prove that Redis, the database and Kafka fit together")
      .example("couponctl audit", "changes nothing; exit 4 if a promise is broken")
      .example("couponctl audit --campaign summer --output json", "one, for a program")
      .example("couponctl audit --self-test", "in a scratch area, which is removed")
      .flag("self-test", options->self_test,
            "Plant every anomaly in a scratch area; exit 4 unless each is found exactly")
      .flag_only()
      .run([options](const Context& context) { return audit(*options, context); });
}

}  // namespace couponctl::cmd
