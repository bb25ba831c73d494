#include "fault/planted_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "fault/planted.h"
#include "report/table.h"

namespace couponctl::fault {
namespace {

constexpr int attempts_max = 8;

struct Hunt {
  const PlantedBug* bug = nullptr;
  int attempts = 0;
  std::string caught_by = "";  // "": not yet
};

// Hanging proves nothing: a slow machine can do that, too.
const Finding* proof(const Outcome& outcome) {
  const auto found = std::ranges::find_if(outcome.findings, [](const Finding& finding) {
    return finding.breach != Breach::hung && finding.breach != Breach::disagree;
  });
  return found == outcome.findings.end() ? nullptr : &*found;
}

class Hunts {
 public:
  Hunts(const std::string& bug, const Done& found_in_control)
      : found_in_control_(found_in_control) {
    for (const auto& planted : planted_bugs())
      if (bug == "all" || bug == planted.name) hunts_.push_back({&planted});
    for (auto& hunt : hunts_) attempt(hunt);
  }

  std::optional<Task> take() {
    if (queue_.empty()) return std::nullopt;
    auto task = queue_.front();
    queue_.pop_front();
    return task;
  }

  void done(const Result& result) {
    const bool is_control = result.task.name.find("without") != std::string::npos;
    if (is_control) {
      ++summary_.controls;
      summary_.controls_clean += result.outcome.findings.empty();
      if (!result.outcome.findings.empty()) found_in_control_(result);
      return;
    }
    auto& hunt = *std::ranges::find(hunts_, result.task.planted,
                                    [](const Hunt& one) { return one.bug->name; });
    if (const auto* finding = proof(result.outcome))
      hunt.caught_by = fmt::format("{}: {:.60}", name(finding->breach), finding->what);
    else if (hunt.attempts < attempts_max)
      attempt(hunt);
    std::error_code ignored;
    std::filesystem::remove_all(result.logs, ignored);
  }

  PlantedSummary summary() {
    report::Table table({{"PLANTED BUG"}, {"TRIALS", report::Align::right}, {"CAUGHT BY"}});
    for (const auto& [bug, attempts, caught_by] : hunts_) {
      ++summary_.bugs;
      summary_.caught += !caught_by.empty();
      table.add({std::string(bug->name), std::to_string(attempts),
                 caught_by.empty() ? "NOT CAUGHT" : caught_by});
    }
    summary_.text =
        table.render(report::Format::table, {}) +
        fmt::format("planted bugs {} of {} caught, {} of {} plans clean without them\n",
                    summary_.caught, summary_.bugs, summary_.controls_clean, summary_.controls) +
        "one of these has no_cap and the constraints in place: the database refuses\n";
    return summary_;
  }

 private:
  // The plan with the bug, and without it. Where the database's constraints have to go for the bug
  // to do harm, also with the bug and with the constraints: then it must not.
  void attempt(Hunt& hunt) {
    const auto& bug = *hunt.bug;
    const auto plan = directed(bug, seed_of_trial(1, ++hunt.attempts));
    const auto name = fmt::format("{} {}", bug.name, hunt.attempts);
    queue_.push_back({.plan = plan,
                      .name = name,
                      .planted = std::string(bug.name),
                      .drops_constraints = bug.drops_constraints});
    queue_.push_back({.plan = plan, .name = name + " without"});
    if (bug.drops_constraints)
      queue_.push_back(
          {.plan = plan, .name = name + " without harm", .planted = std::string(bug.name)});
  }

  const Done& found_in_control_;
  std::vector<Hunt> hunts_;
  std::deque<Task> queue_;
  PlantedSummary summary_;
};

}  // namespace

PlantedSummary run_planted(const RunOptions& options, const std::string& bug,
                           const Done& found_in_control) {
  Hunts hunts(bug, found_in_control);
  run(
      options, [&] { return hunts.take(); }, [&](const Result& result) { hunts.done(result); });
  return hunts.summary();
}

}  // namespace couponctl::fault
