#include "load/workers.h"

#include <utility>  // Boost 1.74's Asio forgets it

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <semaphore>
#include <thread>
#include <vector>

#include "core/back_off.h"
#include "core/failure.h"

namespace couponctl::load {
namespace {

using core::Result;
using core::UserId;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds progress_interval{50};
constexpr milliseconds stop_checked_every{50};
constexpr core::Delays reconnect_delays{milliseconds(20), milliseconds(1000)};

// What the workers share.
struct Race {
  const Plan& plan;
  Attachment& target;
  const std::stop_token& stop;
  History& history;
  Schedule schedule;
  std::barrier<> ready;                   // everybody has a caller
  std::atomic<bool> cancelled = false;    // or somebody has not
  std::atomic<bool> broken = false;       // a worker ended by itself
  std::atomic<Clock::rep> opened_at = 0;  // by the first who came through

  bool over() const {
    return cancelled.load(std::memory_order_relaxed) || broken.load(std::memory_order_relaxed) ||
           stop.stop_requested();
  }
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

bool wait_until(Clock::time_point time, const Race& race) {
  for (auto now = Clock::now(); now < time; now = Clock::now()) {
    if (race.over()) return false;
    std::this_thread::sleep_for(std::min<Clock::duration>(time - now, stop_checked_every));
  }
  return true;
}

void make_requests(Race& race, Line& line, Share& share) {
  const Clock::time_point opened_at{Clock::duration(race.opened_at.load())};
  const auto since = [&](Clock::time_point time) { return (time - opened_at).count(); };
  History::Writer history(race.history);
  while (!race.over()) {
    if (!wait_until(line.due(), race)) break;
    const auto turn = race.schedule.next(Clock::now() - opened_at);
    if (!turn) break;
    if (!wait_until(opened_at + turn->due, race)) break;
    const auto user = user_of(race.plan.users, race.plan.seed, turn->number);
    const auto sent = Clock::now();
    const auto answer = line.ask(user);
    const auto answered = Clock::now();
    const auto outcome = answer ? outcome_of(*answer) : Outcome::unknown;
    history.append({.user = user,
                    .due_ns = turn->due.count(),
                    .sent_ns = since(sent),
                    .answered_ns = since(answered),
                    .number = static_cast<std::uint32_t>(turn->number),
                    .worker = static_cast<std::uint16_t>(share.worker),
                    .outcome = outcome});
    ++(answer ? share.answered : share.failed);
    share.finished_at = answered;
    if (answer || share.failed > 1) continue;
    share.first_error = answer.error().text;
    share.first_error_at = answered;
  }
  history.flush();
}

std::optional<Line> open_line(Race& race, Share& share) try {
  return std::optional<Line>(std::in_place, race.target);
} catch (...) {
  share.no_caller = std::current_exception();
  race.cancelled = true;
  return std::nullopt;
}

void work(Race& race, Share& share) {
  auto line = open_line(race, share);
  race.ready.arrive_and_wait();  // also without a caller, or the others would wait for ever
  Clock::rep unopened = 0;
  race.opened_at.compare_exchange_strong(unopened, Clock::now().time_since_epoch().count());
  if (!line) return;
  const core::HookedCommands hooked(race.plan.hook(share.worker));
  try {
    make_requests(race, *line, share);
  } catch (const std::exception& error) {
    share.broken = error.what();
    race.broken = true;
  }
}

void merge(std::vector<Share>& shares, Load& load) {
  auto first_error_at = Clock::time_point::max();
  auto last = load.opened_at;
  for (auto& share : shares) {
    if (share.no_caller) std::rethrow_exception(share.no_caller);
    load.answered += share.answered;
    load.failed += share.failed;
    if (!share.broken.empty()) load.broken = share.broken;
    if (share.first_error_at < first_error_at) {
      first_error_at = share.first_error_at;
      load.first_error = share.first_error;
    }
    last = std::max(last, share.finished_at);
  }
  load.seconds = std::chrono::duration<double>(last - load.opened_at).count();
}

Schedule schedule_of(const Plan& plan) {
  return plan.per_second > 0 ? Schedule(plan.requests, plan.per_second) : Schedule(plan.requests);
}

}  // namespace

Load run(const Plan& plan, Attachment& target, const std::stop_token& stop,
         const std::function<void(std::int64_t)>& on_progress) {
  Load load;
  Race race{.plan = plan,
            .target = target,
            .stop = stop,
            .history = *load.history,
            .schedule = schedule_of(plan),
            .ready = std::barrier<>(plan.threads)};
  std::vector<Share> shares(static_cast<std::size_t>(plan.threads));
  std::counting_semaphore<> finished(0);
  boost::asio::thread_pool pool(static_cast<std::size_t>(plan.threads));
  for (int worker = 0; auto& share : shares) {
    share.worker = worker++;
    boost::asio::post(pool, [&] {
      work(race, share);
      finished.release();
    });
  }
  for (int waiting_for = plan.threads; waiting_for > 0;) {
    if (finished.try_acquire_for(progress_interval)) --waiting_for;
    on_progress(race.schedule.given_out());
  }
  pool.join();
  load.opened_at = Clock::time_point(Clock::duration(race.opened_at.load()));
  merge(shares, load);
  load.stopped = load.requests() < plan.requests;
  return load;
}

}  // namespace couponctl::load
