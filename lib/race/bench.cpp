#include "race/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/failure.h"
#include "faults/proxy.h"
#include "race/contestant.h"
#include "race/verdict.h"
#include "servers/scratch.h"
#include "strategies/scratch_area.h"

namespace couponctl::race {
namespace {

using load::Clock;
using strategies::Scratch;

// Nothing that is still moving takes longer, and what stands still ends sooner by itself.
constexpr std::chrono::hours settle_max{1};
constexpr std::chrono::seconds clean_up_max{15};
constexpr std::size_t notes_max = 20;  // enough to see what is wrong

class Contest {
 public:
  Contest(const BenchPlan& plan, const std::stop_token& stop, const BenchProgress& on_progress)
      : plan_(plan), stop_(stop), on_progress_(on_progress), servers_(plan.servers) {
    if (plan.surroundings.db_delay.count() > 0) slow_down();
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
    if (proxy_) proxy_->pass();
    const load::Wait wait{.stop = {}, .deadline = Clock::now() + clean_up_max};
    for (auto& contestant : contestants_)
      if (const auto left = contestant.clean_up(wait); !left.empty()) note(left);
  }

  RaceResult result() {
    auto result = head_of(plan_);
    result.interrupted = stop_.stop_requested();
    result.notes = notes_;
    std::ranges::sort(contestants_, {}, [](const auto& one) { return one.info().step; });
    const auto demand =
        demand_of(plan_.load.users, plan_.load.seed, plan_.load.requests, plan_.limit);
    for (auto& contestant : contestants_) {
      result.designs.push_back(contestant.conclude(demand));
      result.orders_alone.add(result.designs.back().orders_alone);
    }
    return result;
  }

 private:
  void enter() {
    for (const auto& strategy : plan_.strategies) {
      auto missing = strategies::missing_server(strategy.info.needs, plan_.presence);
      if (missing.empty() && plan_.fault) missing = untouched(*plan_.fault, strategy.info.needs);
      if (missing.empty() && strategy.info.needs.mysql && !number_) begin();
      Scratch scratch{.name = number_ ? number_->name(strategy.info.name) : "",
                      .servers = servers_,
                      .limit = plan_.limit,
                      .workers = plan_.workers,
                      .count_key = plan_.count_key,
                      .rows_per_s_max = plan_.surroundings.rows_per_s_max};
      contestants_.emplace_back(plan_, strategy, std::move(scratch));
      if (!missing.empty()) contestants_.back().skip(missing);
    }
  }

  // Half of it on the way there, half on the way back.
  void slow_down() {
    auto& mysql = servers_.mysql;
    if (!mysql.unix_socket.empty())
      throw core::Failure(core::Exit::usage,
                          "--db-delay delays what goes by TCP, and the database is at a socket",
                          "Name a host and a port with --mysql");
    proxy_.emplace(core::HostPort{.host = mysql.host, .port = mysql.port});
    proxy_->delay(std::chrono::nanoseconds(plan_.surroundings.db_delay) / 2);
    mysql.host = proxy_->address().host;
    mysql.port = proxy_->address().port;
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
    contestant.run(round, run >= 0, wait,
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
  servers::Servers servers_;            // as the designs reach them
  std::optional<faults::Proxy> proxy_;  // before the database, where it is to be slower
  std::optional<servers::ScratchNumber> number_;
  std::vector<Contestant> contestants_;
  std::vector<std::string> notes_;
  std::int64_t total_ = 0;
  std::int64_t done_ = 0;
};

}  // namespace

RaceResult head_of(const BenchPlan& plan) {
  RaceResult head;
  head.seed = plan.load.seed;
  head.threads = plan.load.threads;
  head.requests = plan.load.requests;
  head.limit = plan.limit;
  head.runs = plan.runs;
  head.processes = plan.processes;
  head.held = plan.held;
  head.surroundings = plan.surroundings;
  if (plan.fault) head.fault = name(*plan.fault);
  head.kafka_is_mock = plan.presence.kafka_is_mock;
  return head;
}

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
