// `couponctl check`: judges a race again, by the calls and rows that bench has written to a file.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "cli/output.h"
#include "couponctl/commands.h"
#include "process/signals.h"
#include "race/times.h"
#include "race/verdict.h"
#include "report/history_reader.h"
#include "report/race_report.h"
#include "strategies/strategy.h"

namespace couponctl::cmd {
namespace {

using cli::CommandLine;
using cli::Context;
using core::Exit;
using race::DesignResult;
using race::Verdict;

// One design's runs, as far as they are read.
struct Judged {
  explicit Judged(const report::HistoryRun& run) : tally(run.promise) {
    result.name = run.strategy;
    result.expected = run.promise.never_over_quota ? "exact" : "over-issues";
  }

  race::Tally tally;
  DesignResult result;
};

void judge(const report::HistoryRun& recorded, std::int64_t limit, Judged& judged) {
  const race::Calls calls = [&](const auto& see) { recorded.calls.for_each(see); };
  race::Run run{.found = race::check(calls, recorded.rows, limit, recorded.promise),
                .requests = recorded.calls.size(),
                .first_error = recorded.first_error,
                .unknown = recorded.unsettled};
  std::int64_t last_ns = 0;
  calls([&](const load::Call& call) {
    run.failed += call.outcome == load::Outcome::unknown;
    last_ns = std::max(last_ns, call.answered_ns);
  });
  run.seconds = static_cast<double>(last_ns) / 1e9;
  judged.tally.add(run, judged.result);
  race::record_times(calls, recorded.rows, run.unknown.empty(), judged.result);
}

// As in bench's table; a design that this couponctl does not know comes last.
void sort_by_step(std::vector<Judged>& designs) {
  const auto all = strategies::all();
  std::ranges::stable_sort(designs, {}, [&](const Judged& design) {
    return std::ranges::find(all, design.result.name,
                             [](const auto& one) { return one.info.name; }) -
           all.begin();
  });
}

// The file was cut: nobody knows what was wrong with the runs that are not there.
void doubt(DesignResult& result) {
  if (result.verdict != Verdict::exact && result.verdict != Verdict::not_seen) return;
  result.verdict = Verdict::inconclusive;
  result.why = "the file was cut";
}

race::RaceResult judge_all(report::HistoryReader& history) {
  const auto& head = history.head();
  std::vector<Judged> designs;
  while (const auto run = history.next()) {
    auto design = std::ranges::find(designs, run->strategy,
                                    [](const Judged& one) { return one.result.name; });
    if (design == designs.end()) design = designs.emplace(designs.end(), *run);
    judge(*run, head.demand.limit, *design);
  }
  sort_by_step(designs);
  race::RaceResult result;
  result.command = head.command;
  result.seed = head.seed;
  result.threads = head.threads;
  result.requests = head.demand.requests;
  result.limit = head.demand.limit;
  result.users = head.users;
  result.runs = head.runs;
  result.interrupted = history.interrupted();
  for (auto& design : designs) {
    design.tally.conclude(head.demand, "", design.result);
    if (!history.cut().empty()) doubt(design.result);
    result.designs.push_back(std::move(design.result));
  }
  if (!history.cut().empty()) result.notes.push_back(history.cut());
  return result;
}

// What is certain and bad comes before what is not known.
Exit exit_of(const race::RaceResult& result, bool cut) {
  const auto any = [&](Verdict verdict) {
    return std::ranges::any_of(
        result.designs, [&](const DesignResult& design) { return design.verdict == verdict; });
  };
  if (any(Verdict::broken)) return Exit::broken_promise;
  return cut || any(Verdict::inconclusive) ? Exit::incomplete : Exit::ok;
}

Exit check(const std::string& path, const Context& context) {
  const process::SignalWatch signals(context.globals.quiet);
  report::HistoryReader history(path, signals.stop_token());
  const auto result = judge_all(history);
  if (signals.exit_code() != Exit::ok) return signals.exit_code();
  const auto& globals = context.globals;
  if (globals.output == "csv" && !history.cut().empty()) context.warn(history.cut());
  if (globals.output == "json")
    fmt::print(context.out, "{}", report::race_json(result));
  else
    context.print(report::race_text(result, format_of(globals), context.look));
  return exit_of(result, !history.cut().empty());
}

}  // namespace

void add_check(CommandLine& line) {
  auto path = std::make_shared<std::string>();
  line.command("check", "Judge a race again, by the file that bench --history-out has written")
      .example("couponctl check calls.jsonl", "the same verdicts; exit 4 if a promise is broken")
      .positional("file", *path, true, "The `FILE` of calls and rows")
      .run([path](const Context& context) { return check(*path, context); });
}

}  // namespace couponctl::cmd
