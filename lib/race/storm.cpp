#include "race/storm.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "core/failure.h"
#include "load/board.h"
#include "race/hold.h"
#include "race/storm_task.h"

namespace couponctl::race {
namespace {

using core::Exit;
using core::Failure;
using load::Call;
using load::Clock;
using load::Load;
using std::chrono::milliseconds;

// For one that has made its requests: by then it has only to flush what it shares.
constexpr std::chrono::minutes ends_within{10};
// After a stop: then it is killed.
constexpr std::chrono::seconds stops_within{5};
constexpr int board_descriptor = process::passed_as;
constexpr int history_descriptor = process::passed_as + 1;

// What was drawn and is in no history: begun by one who was killed, before it was answered.
void add_unanswered(const load::Plan& plan, std::int64_t drawn, Load& load) {
  std::vector<bool> known(static_cast<std::size_t>(drawn));
  load.history->for_each([&](const Call& call) { known.at(call.number) = true; });
  load::History::Writer writer(*load.history);
  for (std::int64_t number = 0; number < drawn; ++number) {
    if (known[static_cast<std::size_t>(number)]) continue;
    writer.append({.user = load::user_of(plan.users, plan.seed, number),
                   .number = static_cast<std::uint32_t>(number),
                   .outcome = load::Outcome::unknown});
    ++load.failed;
    if (load.first_error.empty()) load.first_error = "its process was killed";
  }
  writer.flush();
}

}  // namespace

struct Storm::Process {
  process::Child child = {};
  std::unique_ptr<load::History> history = std::make_unique<load::History>();
  bool killed = false;
};

Storm::Storm(StormPlan plan, const strategies::Strategy& strategy, strategies::Scratch scratch)
    : plan_(std::move(plan)), strategy_(strategy), scratch_(std::move(scratch)) {}

Storm::~Storm() = default;

Load Storm::run(const load::Wait& wait, const std::function<void(std::int64_t)>& on_progress) {
  return plan_.processes > 1 ? run_apart(wait, on_progress) : run_here(wait, on_progress);
}

Load Storm::run_here(const load::Wait& wait, const std::function<void(std::int64_t)>& on_progress) {
  const auto attachment = strategy_.attach(scratch_);
  Hold hold(plan_.held, scratch_.limit);
  const auto held = hold.around(*attachment);
  auto load = load::run(plan_.load, plan_.held > 0 ? *held : *attachment, wait.stop, on_progress);
  held_ = hold.held();
  if (const auto finished = attachment->finish(wait); !finished)
    unfinished_ = finished.error().text;
  return load;
}

Load Storm::run_apart(const load::Wait& wait,
                      const std::function<void(std::int64_t)>& on_progress) {
  load::Board board;
  spawn(board);
  std::optional<Clock::time_point> patience;
  load::conduct(plan_.load, board, wait.stop, on_progress, [&](milliseconds within) {
    const auto runs = [](auto& one) { return one.child.running(); };
    const auto running = std::ranges::find_if(processes_, runs);
    if (running == processes_.end()) return true;
    running->child.wait(within);
    if (wait.stop.stop_requested() && !patience) patience = Clock::now() + stops_within;
    if (patience && Clock::now() > *patience) kill(*running);
    // The gate would never open.
    if (!board.opened_at() && !std::ranges::all_of(processes_, runs)) board.end();
    return false;
  });
  Load load;
  gather(board, load);
  return load;
}

void Storm::spawn(load::Board& board) {
  auto load = plan_.load;
  load.history_kept = 1;
  for (int i = 0, first = 0; i < plan_.processes; ++i, first += load.threads) {
    load.threads =
        plan_.load.threads / plan_.processes + (i < plan_.load.threads % plan_.processes ? 1 : 0);
    auto& one = processes_.emplace_back();
    one.child = process::Child::spawn({.words = {plan_.executable, "worker"},
                                       .name = "couponctl",
                                       .input = process::Pipe{},
                                       .output = process::Pipe{},
                                       .error = process::Inherited{},
                                       .passed = {board.descriptor(), one.history->descriptor()}});
    if (!one.child.write(written(StormTask{.strategy = std::string(strategy_.info.name),
                                           .scratch = scratch_,
                                           .load = load,
                                           .first_worker = first})))
      throw Failure(Exit::runtime, "a worker process ended at once");
  }
}

void Storm::gather(const load::Board& board, Load& load) {
  load.opened_at = board.opened_at().value_or(Clock::time_point{});
  std::string no_caller;
  for (auto& one : processes_) {
    load.history->take(*one.history);
    if (one.killed) continue;
    const auto line = one.child.output().next(milliseconds(0));
    if (!one.child.succeeded() || !line) {
      load.broken = "a worker process ended with " + one.child.ending();
      continue;
    }
    const auto report = read_report(line->text);
    load.add(report.part);
    if (!report.no_caller.empty()) no_caller = report.no_caller;
    if (!report.unfinished.empty()) unfinished_ = report.unfinished;
  }
  if (!no_caller.empty()) throw Failure(Exit::unreachable, no_caller);
  // Of one that was killed nothing is known but its history.
  load.answered = load.failed = 0;
  load.history->for_each([&](const Call& call) {
    ++(call.outcome == load::Outcome::unknown ? load.failed : load.answered);
  });
  const auto drawn = std::min(board.drawn(), plan_.load.requests);
  load.stopped = drawn < plan_.load.requests;
  if (!load.stopped) add_unanswered(plan_.load, drawn, load);
}

void Storm::kill_one() { kill(processes_.front()); }

void Storm::kill(Process& process) {
  process.killed = true;
  process.child.kill();
}

void serve_storm() {
  std::string line;
  if (!std::getline(std::cin, line))
    throw Failure(Exit::usage, "nobody says what to do: this command is for the bench itself");
  const auto task = read_task(line);
  load::Board board{process::FileDescriptor(board_descriptor)};
  load::History history{process::FileDescriptor(history_descriptor)};
  const auto strategies = strategies::all();
  const auto strategy =
      std::ranges::find(strategies, task.strategy, [](const auto& one) { return one.info.name; });
  if (strategy == strategies.end()) throw Failure(Exit::usage, "no design " + task.strategy);
  StormReport report;
  try {
    const auto attachment = strategy->attach(task.scratch);
    report.part = load::work(task.load, board, history, *attachment, task.first_worker);
    const auto finished = attachment->finish({.stop = {}, .deadline = Clock::now() + ends_within});
    if (!finished) report.unfinished = finished.error().text;
  } catch (const Failure& failure) {
    report.no_caller = failure.what();
    board.end();
  }
  std::cout << written(report) << std::flush;
}

}  // namespace couponctl::race
