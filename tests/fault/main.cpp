// The fault driver: trials on real servers in which everything is killed, cut and forgotten.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <iostream>

#include "core/failure.h"
#include "core/parse.h"
#include "fault/planted.h"
#include "fault/planted_run.h"
#include "fault/regressions.h"
#include "fault/report.h"
#include "report/progress.h"

namespace {

using namespace couponctl;
using namespace couponctl::fault;

struct Options {
  int trials = -1;  // as many as the other options suggest
  std::uint64_t seed = 1;
  int arenas = 2;
  int only = 0;
  std::uint64_t replay = 0;
  std::string planted;
  std::string product = COUPONCTL_FAULTY;
  bool verbose = false;
};

std::filesystem::path fresh_directory() {
  auto pattern = (std::filesystem::temp_directory_path() / "couponctl-fault-XXXXXX").string();
  if (!::mkdtemp(pattern.data()))
    throw core::Failure(core::Exit::runtime, "cannot make " + pattern);
  return pattern;
}

// The trials of one run, in order: what has found a bug before, then new ones.
class Queue {
 public:
  explicit Queue(const Options& options) {
    if (options.replay != 0) {
      add("replayed trial", options.replay);
      return;
    }
    if (options.only == 0)
      for (const auto& regression : regressions)
        add(fmt::format("regression {}", tasks_.size() + 1), regression.seed);
    for (int trial = 1; trial <= std::max(options.trials, options.only); ++trial)
      if (options.only == 0 || options.only == trial)
        add(fmt::format("trial {}", trial), seed_of_trial(options.seed, trial));
  }

  int size() const { return static_cast<int>(tasks_.size()); }
  std::optional<Task> take() {
    return next_ == tasks_.size() ? std::nullopt : std::optional(tasks_[next_++]);
  }

 private:
  void add(std::string name, std::uint64_t seed) {
    tasks_.push_back({.plan = draw(seed), .name = std::move(name)});
  }

  std::vector<Task> tasks_;
  std::size_t next_ = 0;
};

core::Exit run_trials(const Options& options, const RunOptions& run_options) {
  Queue queue(options);
  Totals totals;
  std::optional<report::Progress> progress;
  const auto terminal = report::standard_error();
  if (terminal.redraws) progress.emplace(terminal, "trials", queue.size());
  run(
      run_options, [&] { return queue.take(); },
      [&](const Result& result) {
        totals.add(result.outcome);
        const bool found = !result.outcome.findings.empty();
        if (found || options.verbose) std::cout << findings_text(result) << std::flush;
        if (progress) progress->update(totals.trials);
        if (!progress && totals.trials % 20 == 0)
          fmt::print(stderr, "{} of {} trials\n", totals.trials, queue.size());
      });
  progress.reset();
  std::cout << totals_text(totals, ::isatty(STDOUT_FILENO) == 1);
  return totals.clean() ? core::Exit::ok : core::Exit::broken_promise;
}

core::Exit run_planted_bugs(const Options& options, const RunOptions& run_options) {
  const auto summary = run_planted(run_options, options.planted, [](const Result& result) {
    std::cout << findings_text(result) << std::flush;
  });
  std::cout << summary.text;
  return summary.all() ? core::Exit::ok : core::Exit::broken_promise;
}

std::vector<std::string> planted_names() {
  std::vector<std::string> names{"all"};
  for (const auto& bug : planted_bugs()) names.emplace_back(bug.name);
  return names;
}

// Both parts, unless one of them is asked for.
core::Exit run_all(const Options& options, const RunOptions& run_options) {
  auto exit = core::Exit::ok;
  if (options.trials > 0) exit = run_trials(options, run_options);
  if (options.planted.empty()) return exit;
  const auto planted = run_planted_bugs(options, run_options);
  return exit == core::Exit::ok ? planted : exit;
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): it would be printing that throws
int main(int argc, char** argv) try {
  std::signal(SIGPIPE, SIG_IGN);
  Options options;
  CLI::App app("Kills, cuts and forgets, and looks whether a promise breaks", "fault_driver");
  app.add_option("--trials", options.trials, "How many")->check(CLI::Range(0, 100'000));
  app.add_option("--seed", options.seed, "From which all plans are drawn");
  app.add_option("--arenas", options.arenas, "Sets of servers, used at once")
      ->check(CLI::Range(1, 16));
  app.add_option("--trial", options.only, "Only this one of the trials");
  app.add_option("--replay", options.replay, "Only the plan of that trial's seed");
  app.add_option("--planted", options.planted, "Also hunt this planted bug, or all of them")
      ->check(CLI::IsMember(planted_names()));
  app.add_option("--product", options.product, "The couponctl with kill points");
  app.add_flag("--verbose", options.verbose, "Show the plan of every trial");
  CLI11_PARSE(app, argc, argv);
  if (options.trials < 0) options.trials = options.planted.empty() ? 200 : 0;
  if (options.only > 0 || options.replay != 0) options.arenas = 1;
  if (options.replay != 0) options.trials = 1;
  RunOptions run_options{.supervisor = options.product,
                         .binary = options.product,
                         .directory = fresh_directory(),
                         .arenas = options.arenas};
  const auto began = std::chrono::steady_clock::now();
  const auto exit = run_all(options, run_options);
  std::cout << fmt::format("elapsed {}\n",
                           core::format_duration(std::chrono::steady_clock::now() - began));
  if (exit == core::Exit::ok) std::filesystem::remove_all(run_options.directory);
  return static_cast<int>(exit);
} catch (const core::Failure& failure) {
  fmt::print(stderr, "fault_driver: {}\n", failure.what());
  return static_cast<int>(failure.exit());
}
