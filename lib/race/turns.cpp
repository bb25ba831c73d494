#include "race/turns.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <numeric>

#include "race/commands.h"

namespace couponctl::race {
namespace {

using core::Command;
using core::Server;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// An answer comes within this, as a rule; who has none then is asked about.
constexpr milliseconds answers_within{3};

// Nobody can tell when anything else was sent.
bool touches_data(const Command& command, bool sees_commits) {
  const bool is_commit = command.server == Server::kafka && command.name == "commit";
  return !is_bookkeeping(command) && (sees_commits || !is_commit);
}

// It found nothing and changed nothing: a lock that is taken, an empty list. Whoever sends the same
// again polls.
bool was_in_vain(const Step& step) { return step.server == Server::none || step.answer == "(nil)"; }

}  // namespace

class Turns::Hook final : public core::CommandHook {
 public:
  Hook(Turns& turns, Actor actor) : turns_(turns), actor_(std::move(actor)) {}

  void before(const Command& command) override { turns_.stop_at(*this, command); }
  void answered(std::string_view answer) override { turns_.hear(*this, answer); }

  const Actor& actor() const { return actor_; }

  // Guarded by the turns' mutex.
  State state = State::absent;
  Step next;                // the command that it stands at
  std::size_t sent = none;  // the step of the command that has no answer yet
  bool may_go = false;
  bool has_reason = false;  // there was work when it came to its command
  bool killed = false;
  Step last;                        // the step before, with its answer
  std::int64_t moves_at_last = -1;  // how many moves there were when that was answered
  Clock::time_point gone_at;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

 private:
  Turns& turns_;
  Actor actor_;
};

Turns::Turns(int callers, World world) : world_(std::move(world)) {
  for (int i = 0; i < callers; ++i)
    hooks_.push_back(
        std::make_unique<Hook>(*this, Actor{.name = std::string(1, static_cast<char>('A' + i))}));
}

Turns::~Turns() = default;

core::CommandHook& Turns::caller(int number) {
  const std::scoped_lock lock(mutex_);
  auto& hook = *hooks_.at(static_cast<std::size_t>(number));
  if (hook.state == State::absent) hook.state = State::away;
  return hook;
}

core::CommandHook* Turns::add_background(Actor actor) {
  const std::scoped_lock lock(mutex_);
  assert(!holding_);
  actor.is_caller = false;
  hooks_.push_back(std::make_unique<Hook>(*this, std::move(actor)));
  hooks_.back()->state = State::away;
  return hooks_.back().get();
}

void Turns::done(int caller) {
  const std::scoped_lock lock(mutex_);
  hooks_.at(static_cast<std::size_t>(caller))->state = State::done;
  changed_.notify_all();
}

void Turns::hold() {
  const std::scoped_lock lock(mutex_);
  holding_ = true;
}

void Turns::release() {
  const std::scoped_lock lock(mutex_);
  holding_ = false;
  changed_.notify_all();
}

void Turns::stop_at(Hook& hook, const Command& command) {
  std::unique_lock lock(mutex_);
  if (hook.killed) throw Killed();
  if (!holding_ || !touches_data(command, world_.sees_commits)) return;
  hook.next = {.actor = 0, .server = command.server, .command = told(command)};
  hook.state = State::at_command;
  hook.may_go = false;
  hook.has_reason = false;
  changed_.notify_all();
  changed_.wait(lock, [&] { return hook.may_go || hook.killed || !holding_; });
  if (hook.killed) throw Killed();
  hook.state = hook.sent == Hook::none && !hook.actor().always_back ? State::away : State::running;
}

void Turns::hear(Hook& hook, std::string_view answer) {
  const std::scoped_lock lock(mutex_);
  if (hook.sent == Hook::none) return;
  auto& step = steps_[hook.sent];
  step.answer = answer;
  hook.sent = Hook::none;
  if (hook.state == State::blocked) hook.state = State::running;
  if (!was_in_vain(step)) moved(step);
  hook.last = step;
  hook.moves_at_last = moves_seen_by(step);
  changed_.notify_all();
}

void Turns::moved(const Step& step) { ++moves_.at(static_cast<std::size_t>(step.server)); }

// How many moves there were that can change the answer to that command: those on its server. Of a
// lock within the process any may be one, since it is released without a command.
std::int64_t Turns::moves_seen_by(const Step& step) const {
  if (step.server == Server::none) return std::accumulate(moves_.begin(), moves_.end(), 0L);
  return moves_.at(static_cast<std::size_t>(step.server));
}

// Asks of everybody who is without an answer whether a lock is the reason; true if of all it is.
bool Turns::find_blocked(std::unique_lock<std::mutex>& lock) {
  bool all = true;
  for (const auto& hook : hooks_) {
    if (hook->state != State::running || !hook->actor().is_caller) continue;
    const auto sent = hook->sent;
    if (sent == Hook::none || Clock::now() < hook->gone_at + answers_within) {
      all = false;
      continue;
    }
    const auto step = steps_[sent];
    lock.unlock();
    const bool waits = world_.waits_for_lock(step);
    lock.lock();
    if (waits && hook->sent == sent) {
      hook->state = State::blocked;
      steps_[sent].blocked = true;
    } else {
      all = false;
    }
  }
  return all;
}

// To ask takes longer than most steps.
bool Turns::has_work(std::unique_lock<std::mutex>& lock) {
  const auto moves = moves_.at(static_cast<std::size_t>(Server::kafka));
  if (moves == moves_without_work_) return false;
  lock.unlock();
  const bool work = world_.has_work();
  lock.lock();
  moves_without_work_ = work ? -1 : moves;
  return work;
}

bool Turns::all_still(std::unique_lock<std::mutex>& lock) {
  if (!find_blocked(lock)) return false;
  if (std::ranges::any_of(hooks_, [&](const auto& hook) {
        return hook->actor().always_back &&
               (hook->state == State::running || hook->state == State::away);
      }))
    return false;
  // Whoever comes for work alone may be at a command without any: it looks around, and that is no
  // turn. Where there is work it comes soon.
  const auto is_unclear = [](const auto& hook) {
    return !hook->actor().always_back && !hook->has_reason && !hook->killed;
  };
  if (std::ranges::none_of(hooks_, is_unclear)) return true;
  const bool work = has_work(lock);
  bool all = true;
  for (const auto& hook : hooks_) {
    if (!is_unclear(hook)) continue;
    const bool has_come = hook->state == State::at_command;
    if (hook->sent != Hook::none) return false;
    hook->has_reason = has_come && work;
    if (has_come && !work) let_go(*hook);
    all = all && has_come == work;
  }
  changed_.notify_all();
  return all;
}

void Turns::look_for_help(std::unique_lock<std::mutex>& lock) {
  if (!has_killed_ || std::ranges::none_of(hooks_, [](const auto& hook) {
        return hook->actor().helps && hook->state == State::at_command;
      }))
    return;
  lock.unlock();
  const bool needs_help = world_.needs_help();
  lock.lock();
  needs_help_ = needs_help;
}

// It stays so until the hook's thread has seen it, however late that is.
void Turns::let_go(Hook& hook) {
  hook.state = State::running;
  hook.may_go = true;
}

bool Turns::settle() {
  std::unique_lock lock(mutex_);
  // What another one did may have let them go on.
  for (const auto& hook : hooks_)
    if (hook->state == State::blocked) hook->state = State::running, hook->gone_at = Clock::now();
  for (const auto deadline = Clock::now() + still_within; Clock::now() < deadline;) {
    if (all_still(lock)) {
      look_for_help(lock);
      return true;
    }
    changed_.wait_for(lock, milliseconds(1));
  }
  return false;
}

std::string Turns::restless() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> all;
  for (const auto& hook : hooks_) {
    const bool stands = hook->state == State::at_command || hook->state == State::blocked;
    if (stands || hook->state == State::done || hook->state == State::absent) continue;
    const auto& last = hook->sent == Hook::none ? hook->last : steps_[hook->sent];
    all.push_back(last.command.empty()
                      ? hook->actor().name
                      : fmt::format("{} after {}", hook->actor().name, last.command));
  }
  return fmt::format("{}", fmt::join(all, ", "));
}

int Turns::actors() const {
  const std::scoped_lock lock(mutex_);
  return static_cast<int>(hooks_.size());
}

Turns::Actor Turns::actor(int number) const {
  const std::scoped_lock lock(mutex_);
  return hooks_.at(static_cast<std::size_t>(number))->actor();
}

bool Turns::can_be_killed(int number) const {
  const std::scoped_lock lock(mutex_);
  const auto& hook = *hooks_.at(static_cast<std::size_t>(number));
  return !hook.killed && (hook.state == State::at_command || hook.state == State::done);
}

bool Turns::can_go(int number) const {
  const std::scoped_lock lock(mutex_);
  const auto& hook = *hooks_.at(static_cast<std::size_t>(number));
  if (hook.state != State::at_command || hook.killed) return false;
  if (hook.actor().helps && !(has_killed_ && needs_help_)) return false;
  return hook.next.command != hook.last.command || !was_in_vain(hook.last) ||
         hook.moves_at_last != moves_seen_by(hook.next);
}

void Turns::go(int number) {
  const std::scoped_lock lock(mutex_);
  auto& hook = *hooks_.at(static_cast<std::size_t>(number));
  assert(hook.state == State::at_command);
  hook.next.actor = number;
  steps_.push_back(hook.next);
  let_go(hook);
  hook.has_reason = false;
  hook.gone_at = Clock::now();
  // Between two of its turns it may do more than is told here.
  if (!hook.actor().is_caller) moves_without_work_ = -1;
  // Nobody waits for what becomes of a message.
  const bool is_answered = hook.next.server == Server::redis || hook.next.server == Server::mysql;
  hook.sent = is_answered ? steps_.size() - 1 : Hook::none;
  if (!is_answered) {
    if (!was_in_vain(hook.next)) moved(hook.next);
    hook.last = hook.next;
    hook.moves_at_last = moves_seen_by(hook.next);
  }
  changed_.notify_all();
}

void Turns::kill(int number) {
  const std::scoped_lock lock(mutex_);
  auto& hook = *hooks_.at(static_cast<std::size_t>(number));
  const bool has_asked = hook.state == State::done;
  steps_.push_back({.actor = number,
                    .server = has_asked ? Server::none : hook.next.server,
                    .command = has_asked ? "it tells its answer" : hook.next.command,
                    .is_kill = true});
  has_killed_ = true;
  for (const auto& other : hooks_) {
    if (hook.actor().process.empty() || other->actor().process != hook.actor().process) continue;
    other->killed = true;
    other->state = State::done;
  }
  hook.killed = true;
  hook.state = hook.actor().is_caller && !has_asked ? State::running : State::done;
  for (auto& moves : moves_) ++moves;  // its connections end, and with them what they held
  changed_.notify_all();
}

std::vector<Step> Turns::steps() const {
  const std::scoped_lock lock(mutex_);
  return steps_;
}

}  // namespace couponctl::race
