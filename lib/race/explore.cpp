#include "race/explore.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <thread>
#include <tuple>

#include "core/failure.h"
#include "race/lock_waits.h"
#include "servers/scratch.h"

namespace couponctl::race {
namespace {

using core::Failure;
using core::UserId;
using load::Call;
using load::Clock;
using load::Outcome;

// The lock of one who was killed is waited for, and an order takes far less than this.
constexpr std::chrono::milliseconds crash_lease{500};
// Nor is somebody helped who is only made to wait for their turn.
constexpr std::chrono::hours order_grace{1};
// Whoever helps has asked for the time before the order began: to them all that was left behind is
// of the future, and they may take it all the same.
constexpr std::chrono::milliseconds crash_grace{-1000};
constexpr std::chrono::milliseconds look_interval{1};
constexpr std::chrono::seconds begin_max{30};
constexpr std::chrono::seconds settle_max{30};
constexpr std::chrono::seconds clean_up_max{15};
// An order that was begun again so often and went another way each time cannot be made.
constexpr int tries_max = 6;
constexpr std::size_t steps_max = 400;  // far above what any design needs

struct Told {
  Outcome outcome = Outcome::unknown;
  std::string text = "no answer";
  bool killed = false;
};

Told told_of(const core::Result<load::Answer>& answer) {
  if (!answer) return {.text = answer.error().text};
  switch (*answer) {
    case load::Answer::granted:
      return {.outcome = Outcome::granted, .text = "granted"};
    case load::Answer::duplicate:
      return {.outcome = Outcome::duplicate, .text = "duplicate"};
    case load::Answer::sold_out:
      break;
  }
  return {.outcome = Outcome::sold_out, .text = "sold out"};
}

// Picks one of the choices; nullopt: this order cannot be gone on with.
using Choose = std::function<std::optional<std::size_t>(const Choices&)>;

// An order that cannot be gone on with: what has been done, and who could go on.
struct Diverged {
  std::string done;
  std::string choices;
};

// The names that the sources use.
std::string without_scratch(std::string text, const strategies::Scratch& scratch) {
  const auto replace = [&](const std::string& from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  };
  replace(scratch.key(""), "");
  replace(scratch.coupons(), "coupon");
  replace(scratch.failed_events(), "failed_event");
  replace(scratch.campaign(), "campaign");
  return text;
}

class Explorer {
 public:
  Explorer(const ExplorePlan& plan, const std::stop_token& stop)
      : plan_(plan),
        stop_(stop),
        scratch_({.name = plan.scratch,
                  .servers = plan.servers,
                  .limit = plan.left,
                  .workers = plan.workers}),
        lock_waits_(plan.servers.mysql) {
    scratch_.grace = plan.crash ? crash_grace : order_grace;
    if (plan.crash) scratch_.lease = crash_lease;
    scratch_.look_interval = look_interval;
    scratch_.hook = [this](const strategies::Background& one) -> core::CommandHook* {
      if (!turns_ || (one.helps && !plan_.crash)) return nullptr;
      return turns_->add_background({.name = std::string(one.name),
                                     .always_back = one.polls,
                                     .helps = one.helps,
                                     .process = std::string(one.process)});
    };
    deployment_ = plan.strategy.deploy(scratch_);
  }

  // Removes what was made; an error says what is left for the next one to sweep.
  core::Result<void> clean_up() {
    callers_.clear();
    attachments_.clear();
    return deployment_->drop({.stop = {}, .deadline = Clock::now() + clean_up_max});
  }

  Played play(const Choose& choose) {
    begin();
    std::vector<Told> told(static_cast<std::size_t>(plan_.callers));
    Choices schedule;
    {
      std::vector<std::jthread> threads;
      turns_->hold();
      try {
        for (int i = 0; i < plan_.callers; ++i) {
          auto& one = told.at(static_cast<std::size_t>(i));
          threads.emplace_back([this, i, &hook = turns_->caller(i), &one] { ask(i, hook, one); });
          await_still();  // so that what they do before their first command has an order, too
        }
        schedule = take_turns(choose);
      } catch (...) {
        turns_->release();
        throw;
      }
      turns_->release();
    }
    Played played{.schedule = schedule_text(schedule), .steps = turns_->steps()};
    for (auto& step : played.steps) step.command = without_scratch(step.command, scratch_);
    for (int i = 0; i < turns_->actors(); ++i) played.actors.push_back(turns_->actor(i));
    if (plan_.crash) recover(schedule, told);
    settle();
    for (const auto& one : told) {
      played.told.push_back(one.text);
      if (one.outcome == Outcome::unknown && !one.killed)
        throw Failure(core::Exit::incomplete, "a caller was not answered: " + one.text);
    }
    played.found = judge(told);
    return played;
  }

 private:
  load::Wait within(std::chrono::seconds time) const {
    return {.stop = stop_, .deadline = Clock::now() + time};
  }

  // A new run, with a new set of actors; those of the run before end first.
  void begin() {
    callers_.clear();
    attachments_.clear();
    const auto before = std::exchange(
        turns_, std::make_unique<Turns>(
                    plan_.callers, Turns::World{.waits_for_lock =
                                                    [this](const Step& step) {
                                                      return step.server == core::Server::mysql &&
                                                             lock_waits_.waits(step.command);
                                                    },
                                                .has_work = [this] { return has_work(); },
                                                .needs_help = [this] { return needs_help(); },
                                                .sees_commits = plan_.crash}));
    dead_.reset();
    ++scratch_.run;
    deployment_->reset(scratch_.run, within(begin_max));
    for (int i = 0; i < plan_.callers; ++i) {
      if (i < plan_.processes) attachments_.push_back(plan_.strategy.attach(scratch_));
      callers_.push_back(attachments_.at(static_cast<std::size_t>(i % plan_.processes))->caller());
    }
  }

  // What was sent is where the others find it, before it is asked whether there is anything.
  bool has_work() {
    for (const auto& attachment : attachments_)
      core::or_throw(attachment->flush(within(settle_max)), core::Exit::unreachable);
    return core::or_throw(deployment_->queued(), core::Exit::unreachable) > 0;
  }

  // Help comes after a while: when who is alive in the background has no work any more.
  bool needs_help() {
    return dead_ && core::or_throw(deployment_->has_left_undone(*dead_), core::Exit::unreachable) &&
           !has_work();
  }

  UserId user_of(int caller) const { return UserId{plan_.same_user ? 1 : caller + 1}; }

  void ask(int number, core::CommandHook& hook, Told& told) {
    const core::HookedCommands hooked(hook);
    auto& caller = callers_.at(static_cast<std::size_t>(number));
    try {
      told = told_of(caller->ask(user_of(number)));
    } catch (const Killed&) {
      caller.reset();
    } catch (const std::exception& error) {
      told.text = error.what();
    }
    turns_->done(number);
  }

  void await_still() {
    if (!turns_->settle())
      throw Failure(core::Exit::incomplete,
                    fmt::format("no next command within {} s of {}", Turns::still_within.count(),
                                turns_->restless()));
    if (stop_.stop_requested()) throw Failure(core::Exit::interrupted, "interrupted");
  }

  Choices take_turns(const Choose& choose) {
    Choices taken;
    bool has_killed = false;
    for (;; await_still()) {
      const auto choices = choices_now(taken, has_killed);
      if (choices.empty()) return taken;
      if (taken.size() >= steps_max)
        throw Failure(core::Exit::incomplete, fmt::format("no end after {} commands", steps_max));
      const auto chosen = choose(choices);
      if (!chosen) throw Diverged{schedule_text(taken), schedule_text(choices)};
      const auto& [actor, kill] = choices.at(*chosen);
      taken.push_back(choices.at(*chosen));
      has_killed = has_killed || kill;
      if (kill && actor < plan_.callers) dead_ = user_of(actor);
      if (kill)
        turns_->kill(actor);
      else
        turns_->go(actor);
    }
  }

  // One is killed after a command of its own: before it goes on, nothing else could be different.
  Choices choices_now(const Choices& taken, bool has_killed) const {
    Choices choices;
    for (int i = 0; i < turns_->actors(); ++i)
      if (turns_->can_go(i)) choices.push_back({i, false});
    if (plan_.crash && !has_killed && !taken.empty() && turns_->can_be_killed(taken.back().actor))
      choices.push_back({taken.back().actor, true});
    return choices;
  }

  // Who was killed is there again: an applicant asks once more, a worker is started.
  void recover(const Choices& schedule, std::vector<Told>& told) {
    const auto killed = std::ranges::find(schedule, true, &Choice::kill);
    if (killed == schedule.end()) return;
    if (killed->actor >= plan_.callers) {
      deployment_->restart(within(begin_max));
      return;
    }
    told.at(static_cast<std::size_t>(killed->actor)) = {.text = "killed", .killed = true};
    attachments_.push_back(plan_.strategy.attach(scratch_));
    told.push_back(told_of(attachments_.back()->caller()->ask(user_of(killed->actor))));
    asked_again_ = user_of(killed->actor);
  }

  void settle() {
    callers_.clear();
    for (const auto& attachment : attachments_)
      core::or_throw(attachment->finish(within(settle_max)), core::Exit::unreachable);
    core::or_throw(deployment_->drain(within(settle_max)), core::Exit::incomplete);
  }

  Findings judge(const std::vector<Told>& told) {
    const auto rows = core::or_throw(deployment_->rows(), core::Exit::unreachable);
    return check(
        [&](const auto& see) {
          for (std::size_t i = 0; i < told.size(); ++i) {
            const auto caller = static_cast<int>(i);
            const auto user = caller < plan_.callers ? user_of(caller) : asked_again_;
            see(Call{.user = user, .outcome = told[i].outcome});
          }
        },
        rows, plan_.left, plan_.strategy.info.promise);
  }

  const ExplorePlan& plan_;
  const std::stop_token& stop_;
  strategies::Scratch scratch_;
  LockWaits lock_waits_;
  UserId asked_again_{0};
  std::optional<UserId> dead_;    // the applicant who was killed in the order at hand
  std::unique_ptr<Turns> turns_;  // of one order; those of the deployment hold on to it
  std::unique_ptr<load::Deployment> deployment_;
  std::vector<std::unique_ptr<load::Attachment>> attachments_;
  std::vector<std::unique_ptr<load::Caller>> callers_;
};

// The shorter, then the one with fewer changes of turn, then the first by name.
auto rank(const Played& played) {
  std::size_t changes = 0;
  for (std::size_t i = 1; i < played.steps.size(); ++i)
    changes += played.steps[i].actor != played.steps[i - 1].actor;
  return std::tuple(played.steps.size(), changes, played.schedule);
}

// Whether it is the design's own promise that this order puts to the test.
bool is_promised(const ExplorePlan& plan) {
  const auto& info = plan.strategy.info;
  return (info.under_faults || !plan.crash) && (info.across_processes || plan.processes == 1);
}

void take(const Played& played, const ExplorePlan& plan, Exploration& exploration) {
  ++exploration.orders;
  exploration.bad_orders += !played.found.clean();
  exploration.broken_orders += is_promised(plan) && played.found.breaks(plan.strategy.info.promise);
  for (const auto flaw : all_flaws) {
    if (played.found.count(flaw) == 0) continue;
    ++exploration.flaws[flaw];
    const auto found = exploration.shortest.find(flaw);
    if (found == exploration.shortest.end() || rank(played) < rank(found->second))
      exploration.shortest.insert_or_assign(flaw, played);
  }
}

class Exploring {
 public:
  Exploring(const ExplorePlan& plan, const std::stop_token& stop,
            const std::function<void(std::int64_t)>& on_progress, Exploration& exploration)
      : plan_(plan),
        stop_(stop),
        on_progress_(on_progress),
        exploration_(exploration),
        explorer_(plan, stop) {}

  void every() {
    EveryOrder order;
    do {
      if (stop_.stop_requested()) return interrupted();
      if (!play(
              [&](const Choices& choices) {
                const auto chosen = order.choose(choices);
                if (!chosen) expected_ = schedule_text(order.expected());
                return chosen;
              },
              [&](int tries) {
                if (tries == tries_max / 2) order.believe();
                order.again();
              }))
        return;
    } while (order.advance());
    exploration_.exhaustive = true;
  }

  void draw() {
    RandomOrder order(plan_.seed);
    for (std::int64_t i = 0; i < plan_.orders_max; ++i) {
      if (stop_.stop_requested()) return interrupted();
      order.begin();
      if (!play([&](const Choices& choices) { return std::optional(order.choose(choices)); },
                [](int) {}))
        return;
    }
  }

  void replay() {
    std::size_t at = 0;
    const auto choose = [&](const Choices& choices) -> std::optional<std::size_t> {
      if (at == plan_.replay->size()) return 0;
      const auto found = std::ranges::find(choices, plan_.replay->at(at));
      if (found == choices.end()) {
        expected_ = schedule_text({plan_.replay->at(at)});
        return std::nullopt;
      }
      ++at;
      return static_cast<std::size_t>(found - choices.begin());
    };
    if (play(choose, [&](int) { at = 0; })) exploration_.replayed = std::move(last_);
  }

  void clean_up() {
    if (const auto cleaned = explorer_.clean_up(); !cleaned)
      exploration_.not_removed = fmt::format("{} was not removed: {}. The next one does it",
                                             plan_.scratch, cleaned.error().text);
  }

 private:
  // One order; false if it could not be made or judged.
  // `again` is called before each try, with the number of those before it.
  bool play(const Choose& choose, const std::function<void(int)>& again) {
    for (int tries = 0; tries < tries_max; ++tries) {
      again(tries);
      try {
        last_ = explorer_.play(choose);
        if (seen_.insert(last_.schedule).second) take(last_, plan_, exploration_);
        on_progress_(exploration_.orders);
        return true;
      } catch (const Diverged& diverged) {
        diverged_ = diverged;
      } catch (const Failure& failure) {
        if (stop_.stop_requested()) {
          interrupted();
        } else {
          exploration_.inconclusive = failure.what();
        }
        return false;
      }
    }
    exploration_.inconclusive =
        fmt::format(R"(tried {} times: after "{}" it was "{}" that could go, and not "{}")",
                    tries_max, diverged_.done, diverged_.choices, expected_);
    return false;
  }

  void interrupted() { exploration_.interrupted = true; }

  const ExplorePlan& plan_;
  const std::stop_token& stop_;
  const std::function<void(std::int64_t)>& on_progress_;
  Exploration& exploration_;
  Explorer explorer_;
  std::set<std::string> seen_;  // schedules
  Played last_;
  Diverged diverged_;
  std::string expected_;
};

}  // namespace

const Played* shortest(const Exploration& exploration) {
  const Played* found = nullptr;
  for (const auto& [flaw, played] : exploration.shortest)
    if (!found || rank(played) < rank(*found)) found = &played;
  return found;
}

Exploration explore(const ExplorePlan& plan, const std::stop_token& stop,
                    const std::function<void(std::int64_t)>& on_progress) {
  Exploration exploration{.name = std::string(plan.strategy.info.name),
                          .callers = plan.callers,
                          .left = plan.left,
                          .same_user = plan.same_user,
                          .crash = plan.crash};
  Exploring exploring(plan, stop, on_progress, exploration);
  try {
    if (plan.replay)
      exploring.replay();
    else if (plan.orders_max > 0)
      exploring.draw();
    else
      exploring.every();
  } catch (...) {
    exploring.clean_up();
    throw;
  }
  exploring.clean_up();
  return exploration;
}

}  // namespace couponctl::race
