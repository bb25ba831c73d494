#include "race/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "core/failure.h"
#include "race/times.h"
#include "race/verdict.h"
#include "servers/scratch.h"
#include "strategies/scratch_area.h"

namespace couponctl::race {
namespace {

using load::Clock;
using strategies::Scratch;

// Nothing that is still moving takes longer, and what stands still ends sooner by itself.
constexpr std::chrono::hours settle_max{1};
constexpr std::chrono::seconds begin_max{30};
constexpr std::chrono::seconds clean_up_max{15};
constexpr std::size_t notes_max = 20;  // enough to see what is wrong

// Of an explained run: enough for every request of a usual one, and some 100 MB at the most.
constexpr std::size_t heard_commands_max = 200'000;
constexpr int explained_requests_max = 8;

// From now on durable_at counts from when the gate opened.
void count_from(Clock::time_point opened_at, std::vector<load::Row>& rows) {
  for (auto& row : rows)
    if (row.durable_at.count() != 0) row.durable_at -= opened_at.time_since_epoch();
}

// One design in the race.
class Contestant {
 public:
  Contestant(strategies::Strategy strategy, Scratch scratch)
      : strategy_(std::move(strategy)), scratch_(std::move(scratch)), tally_(promise()) {
    result_.name = strategy_.info.name;
    result_.expected = promise().never_over_quota ? "exact" : "over-issues";
  }

  const strategies::Info& info() const { return strategy_.info; }
  const load::Promise& promise() const { return strategy_.info.promise; }
  bool is_out() const { return !out_.empty(); }
  void skip(const std::string& why) {
    skipped_ = true;
    out_ = why;
  }

  // Makes one run. Nothing of it is counted if `counts` is false, or if it is interrupted. Throws
  // only what plan.on_run does.
  void run(const BenchPlan& plan, std::int64_t number, bool counts, const load::Wait& wait,
           const std::function<void(std::int64_t)>& on_progress) {
    std::optional<load::Load> load;
    std::optional<Run> run;
    log_.reset();
    if (counts && plan.explain && !(result_.explanation && result_.explanation->flawed))
      log_ = std::make_unique<CommandLog>(
          plan.load.threads, heard_commands_max / static_cast<std::size_t>(plan.load.threads));
    try {
      load = make_requests(plan, number, wait, on_progress);
      run = settle(*load, plan.limit, wait);
      if (counts && !wait.stop.stop_requested())
        take(*load, *run);
      else
        run.reset();
    } catch (const std::exception& failure) {
      run.reset();
      if (!wait.stop.stop_requested()) out_ = failure.what();
    }
    if (deployment_) deployment_->rest();
    if (run)
      plan.on_run({.strategy = info().name,
                   .promise = promise(),
                   .run = result_.runs,
                   .calls = *load->history,
                   .rows = rows_,
                   .first_error = run->first_error,
                   .unknown = run->unknown});
    rows_ = {};
  }

  DesignResult conclude(const Demand& demand) {
    if (skipped_) {
      result_.verdict = Verdict::skipped;
      result_.why = out_;
    } else {
      tally_.conclude(demand, out_, result_);
    }
    return std::move(result_);
  }

  // What could not be removed, or "".
  std::string clean_up(const load::Wait& wait) {
    if (!deployment_) return "";
    const auto dropped = deployment_->drop(wait);
    return dropped ? ""
                   : fmt::format("{} was not removed: {}. The next bench on these servers does it",
                                 scratch_.name, dropped.error().text);
  }

 private:
  load::Load make_requests(const BenchPlan& plan, std::int64_t number, const load::Wait& wait,
                           const std::function<void(std::int64_t)>& on_progress) {
    auto soon = wait;
    soon.deadline = Clock::now() + begin_max;
    if (!deployment_) deployment_ = strategy_.deploy(scratch_);
    scratch_.run = number;
    deployment_->reset(number, soon);
    const auto attachment = strategy_.attach(scratch_);
    auto of_workers = plan.load;
    if (log_) of_workers.hook = [this](int worker) { return log_->hook(worker); };
    auto load = load::run(of_workers, *attachment, wait.stop, on_progress);
    if (const auto finished = attachment->finish(wait); !finished)
      unfinished_ = finished.error().text;
    else
      unfinished_.clear();
    return load;
  }

  Run settle(const load::Load& load, std::int64_t limit, const load::Wait& wait) {
    Run run{.requests = load.requests(),
            .failed = load.failed,
            .first_error = load.first_error,
            .unknown = load.broken.empty() ? unfinished_ : "a worker ended: " + load.broken,
            .seconds = load.seconds};
    if (const auto drained = deployment_->drain(wait); !drained && run.unknown.empty())
      run.unknown = drained.error().text;
    auto rows = deployment_->rows();
    if (!rows) {
      run.unknown = "the rows cannot be read: " + rows.error().text;
      return run;
    }
    run.found =
        check([&](const auto& see) { load.history->for_each(see); }, *rows, limit, promise());
    rows_ = *std::move(rows);
    count_from(load.opened_at, rows_);
    return run;
  }

  void take(const load::Load& load, const Run& run) {
    const Calls calls = [&](const auto& see) { load.history->for_each(see); };
    tally_.add(run, result_);
    record_times(calls, rows_, run.unknown.empty(), result_);
    const bool flawed = !run.found.clean();
    if (!log_ || (result_.explanation && !flawed)) return;
    result_.explanation = explain(calls, log_->heard(load.opened_at), explained_requests_max);
    result_.explanation->run = result_.runs;
    result_.explanation->flawed = flawed;
    result_.explanation->cut = log_->cut();
  }

  strategies::Strategy strategy_;
  Scratch scratch_;
  std::unique_ptr<load::Deployment> deployment_;  // from its first run on
  std::string unfinished_;
  // Of the run at hand.
  std::vector<load::Row> rows_;
  std::unique_ptr<CommandLog> log_;
  Tally tally_;
  DesignResult result_;
  bool skipped_ = false;
  std::string out_;  // why it runs no more
};

class Contest {
 public:
  Contest(const BenchPlan& plan, const std::stop_token& stop, const BenchProgress& on_progress)
      : plan_(plan), stop_(stop), on_progress_(on_progress) {
    enter();
    const auto racing =
        std::ranges::count_if(contestants_, [](const auto& one) { return !one.is_out(); });
    total_ = racing * (plan.runs + plan.warm_up_runs) * plan.load.requests;
  }

  void run() {
    const int rounds = plan_.warm_up_runs + plan_.runs;
    for (int round = 0; round < rounds; ++round) {
      for (auto& contestant : contestants_) {
        if (stop_.stop_requested()) return;
        if (!contestant.is_out()) run_once(contestant, round);
      }
      std::ranges::reverse(contestants_);
    }
  }

  void clean_up() {
    const load::Wait wait{.stop = {}, .deadline = Clock::now() + clean_up_max};
    for (auto& contestant : contestants_)
      if (const auto left = contestant.clean_up(wait); !left.empty()) note(left);
  }

  RaceResult result() {
    RaceResult result;
    result.seed = plan_.load.seed;
    result.threads = plan_.load.threads;
    result.requests = plan_.load.requests;
    result.limit = plan_.limit;
    result.runs = plan_.runs;
    result.interrupted = stop_.stop_requested();
    result.kafka_is_mock = plan_.presence.kafka_is_mock;
    result.notes = notes_;
    std::ranges::sort(contestants_, {}, [](const auto& one) { return one.info().step; });
    const auto demand =
        demand_of(plan_.load.users, plan_.load.seed, plan_.load.requests, plan_.limit);
    for (auto& contestant : contestants_) result.designs.push_back(contestant.conclude(demand));
    return result;
  }

 private:
  void enter() {
    for (const auto& strategy : plan_.strategies) {
      const auto missing = strategies::missing_server(strategy.info.needs, plan_.presence);
      if (missing.empty() && strategy.info.needs.mysql && !number_) begin();
      Scratch scratch{.name = number_ ? number_->name(strategy.info.name) : "",
                      .servers = plan_.servers,
                      .limit = plan_.limit,
                      .workers = plan_.workers};
      contestants_.emplace_back(strategy, std::move(scratch));
      if (!missing.empty()) contestants_.back().skip(missing);
    }
  }

  // A design that makes something on the servers has its rows in MySQL, and what belongs to it is
  // noted there.
  void begin() {
    number_ = core::or_throw(
        servers::ScratchNumber::claim(plan_.servers.mysql, strategies::scratch_prefix),
        core::Exit::unreachable);
    for (const auto& text : servers::sweep_scratch(plan_.servers, strategies::scratch_prefix))
      note(text);
  }

  void run_once(Contestant& contestant, int round) {
    const int run = round - plan_.warm_up_runs;
    const auto name = std::string(contestant.info().name);
    const auto what = run < 0 ? fmt::format("{}, warm-up", name)
                              : fmt::format("{}, run {} of {}", name, run + 1, plan_.runs);
    const load::Wait wait{
        .stop = stop_, .deadline = Clock::now() + settle_max, .say = [&](std::string_view word) {
          on_progress_(done_, total_, fmt::format("{}: {}", what, word));
        }};
    contestant.run(plan_, round, run >= 0, wait,
                   [&](std::int64_t begun) { on_progress_(done_ + begun, total_, what); });
    done_ += plan_.load.requests;
    on_progress_(done_, total_, what);
  }

  void note(const std::string& text) {
    if (notes_.size() < notes_max) notes_.push_back(text);
  }

  const BenchPlan& plan_;
  const std::stop_token& stop_;
  const BenchProgress& on_progress_;
  std::optional<servers::ScratchNumber> number_;
  std::vector<Contestant> contestants_;
  std::vector<std::string> notes_;
  std::int64_t total_ = 0;
  std::int64_t done_ = 0;
};

}  // namespace

RaceResult bench(const BenchPlan& plan, const std::stop_token& stop,
                 const BenchProgress& on_progress) {
  Contest contest(plan, stop, on_progress);
  try {
    contest.run();
  } catch (...) {
    contest.clean_up();
    throw;
  }
  contest.clean_up();
  return contest.result();
}

}  // namespace couponctl::race
