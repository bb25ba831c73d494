#include "load/workers.h"

#include <utility>  // Boost 1.74's Asio forgets it

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "core/back_off.h"
#include "core/failure.h"
#include "load/schedule.h"

namespace couponctl::load {
namespace {

using core::Result;
using core::UserId;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds progress_interval{50};
constexpr milliseconds gate_checked_every{1};
constexpr milliseconds interlude_checked_every{1};
constexpr milliseconds stop_checked_every{50};
constexpr core::Delays reconnect_delays{milliseconds(20), milliseconds(1000)};

// What the workers of this process share.
struct Race {
  const Plan& plan;
  Attachment& target;
  Board& board;
  History& history;
  Schedule schedule{0};
};

// What one worker has seen; merged after all have finished.
struct Share {
  int worker = 0;
  std::int64_t answered = 0;
  std::int64_t failed = 0;
  std::string first_error;
  Clock::time_point first_error_at = Clock::time_point::max();
  Clock::time_point finished_at{};
  std::exception_ptr no_caller;
  std::string broken;
};

// A caller that is made anew when its connections broke.
class Line {
 public:
  explicit Line(Attachment& target) : target_(target), caller_(target.caller()) {}

  // Not before this time is it worth to ask.
  Clock::time_point due() const { return back_off_.due(); }

  Result<Answer> ask(UserId user) {
    if (!caller_)
      if (auto connected = connect(); !connected) return failed(connected.error());
    auto answer = caller_->ask(user);
    if (answer) {
      back_off_.over();
      return answer;
    }
    if (!core::ends_connection(answer.error().fault)) return answer;
    caller_.reset();
    return failed(answer.error());
  }

 private:
  Result<void> connect() try {
    caller_ = target_.caller();
    return {};
  } catch (const core::Failure& failure) {
    return core::Error{core::Fault::unreachable, {}, failure.what()};
  }

  core::Error failed(const core::Error& error) {
    back_off_.failed(Clock::now());
    return error;
  }

  Attachment& target_;
  core::BackOff back_off_{reconnect_delays};
  std::unique_ptr<Caller> caller_;
};

bool wait_until(Clock::time_point time, const Board& board) {
  for (auto now = Clock::now(); now < time; now = Clock::now()) {
    if (board.is_over()) return false;
    std::this_thread::sleep_for(std::min<Clock::duration>(time - now, stop_checked_every));
  }
  return true;
}

void make_requests(Race& race, Line& line, Share& share) {
  const auto opened_at = *race.board.opened_at();
  const auto since = [&](Clock::time_point time) { return (time - opened_at).count(); };
  History::Writer history(race.history, race.plan.history_kept);
  while (!race.board.is_over()) {
    if (!wait_until(line.due(), race.board)) break;
    const auto number = race.board.draw();
    if (number >= race.schedule.requests() || !race.board.await_leave(number)) break;
    const auto due = race.schedule.due(number, Clock::now() - opened_at);
    if (!wait_until(opened_at + *due, race.board)) break;
    const auto user = user_of(race.plan.users, race.plan.seed, number);
    const auto sent = Clock::now();
    const auto answer = line.ask(user);
    const auto answered = Clock::now();
    history.append({.user = user,
                    .due_ns = due->count(),
                    .sent_ns = since(sent),
                    .answered_ns = since(answered),
                    .number = static_cast<std::uint32_t>(number),
                    .worker = static_cast<std::uint16_t>(share.worker),
                    .outcome = answer ? outcome_of(*answer) : Outcome::unknown});
    ++(answer ? share.answered : share.failed);
    share.finished_at = answered;
    if (answer || share.failed > 1) continue;
    share.first_error = answer.error().text;
    share.first_error_at = answered;
  }
  history.flush();
}

// Nobody may begin while somebody has no caller.
std::optional<Line> open_line(Race& race, Share& share) try {
  return std::optional<Line>(std::in_place, race.target);
} catch (...) {
  share.no_caller = std::current_exception();
  race.board.end();
  return std::nullopt;
}

void take_part(Race& race, Share& share) {
  auto line = open_line(race, share);
  race.board.arrive();  // also without a caller, or the gate would never open
  if (!race.board.await_gate() || !line) return;
  const core::HookedCommands hooked(race.plan.hook(share.worker));
  try {
    make_requests(race, *line, share);
  } catch (const std::exception& error) {
    share.broken = error.what();
    race.board.end();
  }
}

Part merged(std::vector<Share>& shares) {
  Part part;
  auto first_error_at = Clock::time_point::max();
  for (auto& share : shares) {
    if (share.no_caller) std::rethrow_exception(share.no_caller);
    part.answered += share.answered;
    part.failed += share.failed;
    if (!share.broken.empty()) part.broken = share.broken;
    if (share.first_error_at < first_error_at) {
      first_error_at = share.first_error_at;
      part.first_error = share.first_error;
    }
    part.finished_at = std::max(part.finished_at, share.finished_at);
  }
  return part;
}

// Carries out what is due, and lets requests go as far as the next one allows.
class Interludes {
 public:
  Interludes(const Plan& plan, Board& board) : plan_(plan), board_(board) { hold(); }

  void look() {
    for (; next_ < plan_.interludes.size() && !board_.is_over(); ++next_, hold()) {
      if (board_.drawn() < plan_.interludes[next_].at) return;
      plan_.interludes[next_].act();
    }
  }

 private:
  void hold() {
    if (next_ >= plan_.interludes.size()) return board_.hold_from(plan_.requests);
    const auto& interlude = plan_.interludes[next_];
    board_.hold_from(interlude.at + interlude.room);
  }

  const Plan& plan_;
  Board& board_;
  std::size_t next_ = 0;
};

}  // namespace

Outcome outcome_of(Answer answer) {
  switch (answer) {
    case Answer::granted:
      return Outcome::granted;
    case Answer::duplicate:
      return Outcome::duplicate;
    case Answer::sold_out:
      return Outcome::sold_out;
  }
  return Outcome::unknown;
}

Part work(const Plan& plan, Board& board, History& history, Attachment& target, int first_worker) {
  Race race{.plan = plan,
            .target = target,
            .board = board,
            .history = history,
            .schedule = Schedule(plan.requests, plan.per_second)};
  std::vector<Share> shares(static_cast<std::size_t>(plan.threads));
  boost::asio::thread_pool pool(shares.size());
  for (int worker = first_worker; auto& share : shares) {
    share.worker = worker++;
    boost::asio::post(pool, [&] { take_part(race, share); });
  }
  pool.join();
  return merged(shares);
}

void conduct(const Plan& plan, Board& board, const std::stop_token& stop,
             const std::function<void(std::int64_t)>& on_progress,
             const std::function<bool(milliseconds)>& finished) try {
  Interludes interludes(plan, board);
  const auto look_every = plan.interludes.empty() ? progress_interval : interlude_checked_every;
  for (auto said = Clock::now(); !finished(board.opened_at() ? look_every : gate_checked_every);) {
    if (stop.stop_requested()) board.end();
    if (!board.opened_at() && board.arrived() == plan.threads) board.open();
    interludes.look();
    if (Clock::now() < said + progress_interval) continue;
    said = Clock::now();
    on_progress(std::min(board.drawn(), plan.requests));
  }
  on_progress(std::min(board.drawn(), plan.requests));
} catch (...) {
  board.end();
  throw;
}

void Load::add(const Part& part) {
  answered += part.answered;
  failed += part.failed;
  if (!part.broken.empty()) broken = part.broken;
  if (first_error.empty()) first_error = part.first_error;
  seconds = std::max(seconds, std::chrono::duration<double>(part.finished_at - opened_at).count());
}

Load run(const Plan& plan, Attachment& target, const std::stop_token& stop,
         const std::function<void(std::int64_t)>& on_progress) {
  Load load;
  Board board;
  auto part =
      std::async(std::launch::async, [&] { return work(plan, board, *load.history, target, 0); });
  conduct(plan, board, stop, on_progress,
          [&](milliseconds within) { return part.wait_for(within) == std::future_status::ready; });
  load.opened_at = board.opened_at().value_or(Clock::time_point{});
  load.add(part.get());
  load.stopped = load.requests() < plan.requests;
  return load;
}

}  // namespace couponctl::load
