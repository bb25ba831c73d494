#include "load/workers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <stdexcept>

#include "core/failure.h"

namespace couponctl::load {
namespace {

using core::Result;
using core::UserId;

// A design in memory, without a server, that the generator itself can be tested with.
class Counter final : public Attachment {
 public:
  using Reply = std::function<Result<Answer>(UserId, int number)>;

  explicit Counter(Reply reply, int callers_max = 1'000'000)
      : reply_(std::move(reply)), callers_max_(callers_max) {}

  std::unique_ptr<load::Caller> caller() override {
    if (++callers > callers_max_)
      throw core::Failure(core::Exit::unreachable, "too many connections");
    return std::make_unique<Caller>(*this);
  }

  std::atomic<int> asked = 0;
  std::atomic<int> callers = 0;

 private:
  struct Caller final : load::Caller {
    explicit Caller(Counter& counter) : counter_(counter) {}
    Result<Answer> ask(UserId user) override { return counter_.reply_(user, ++counter_.asked); }
    Counter& counter_;
  };

  Reply reply_;
  const int callers_max_;
};

Result<Answer> first_five_win(UserId, int number) {
  return number <= 5 ? Answer::granted : Answer::sold_out;
}

core::Error error(core::Fault fault) { return {fault, {}, "no answer"}; }

Plan plan_of(int threads, std::int64_t requests) {
  return {.threads = threads, .requests = requests, .users = {}, .seed = 7};
}

Load run(const Plan& plan, Attachment& target, const std::stop_token& stop = {}) {
  return load::run(plan, target, stop, [](auto) {});
}

std::vector<Call> calls_of(const Load& load) {
  std::vector<Call> calls;
  load.history->for_each([&](const Call& call) { calls.push_back(call); });
  return calls;
}

TEST(Workers, MakeExactlyTheRequestsAskedForInTotal) {
  Counter counter(first_five_win);
  const auto load = run(plan_of(8, 1000), counter);
  EXPECT_EQ(counter.asked, 1000);
  EXPECT_EQ(load.answered, 1000);
  EXPECT_EQ(load.failed, 0);
  EXPECT_FALSE(load.stopped);
  std::set<UserId> users;
  std::set<std::uint32_t> numbers;
  std::int64_t granted = 0;
  for (const auto& call : calls_of(load)) {
    users.insert(call.user);
    numbers.insert(call.number);
    EXPECT_LT(call.worker, 8);
    granted += call.outcome == Outcome::granted;
    EXPECT_LE(call.due_ns, call.sent_ns);
    EXPECT_LE(call.sent_ns, call.answered_ns);
  }
  EXPECT_EQ(users.size(), 1000U);
  EXPECT_EQ(numbers.size(), 1000U);
  EXPECT_EQ(*numbers.rbegin(), 999U);
  EXPECT_EQ(granted, 5);
}

TEST(Workers, HaveEachTheirOwnHook) {
  Counter counter([](UserId, int) -> Result<Answer> {
    core::command_hook()->before({core::Server::redis, "INCR", {}});
    return Answer::sold_out;
  });
  auto plan = plan_of(4, 1000);
  std::vector<core::CommandCounter> counters(4);
  plan.hook = [&](int worker) { return &counters.at(static_cast<std::size_t>(worker)); };
  const auto load = run(plan, counter);
  std::vector<std::int64_t> made(4);
  for (const auto& call : calls_of(load)) ++made.at(call.worker);
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(counters[i].count(core::Server::redis), made[i]) << i;
}

TEST(Workers, PauseWhileAnInterludeIsPlayed) {
  Counter counter(first_five_win);
  auto plan = plan_of(8, 1000);
  std::vector<int> asked;
  const auto look = [&] { asked.push_back(counter.asked); };
  plan.interludes = {{.at = 100, .room = 8, .act = look}, {.at = 500, .room = 8, .act = look}};
  const auto load = run(plan, counter);
  EXPECT_EQ(load.answered, 1000);
  ASSERT_EQ(asked.size(), 2U);
  // What was drawn before may still be on its way, and who asks meanwhile is one of the 8.
  EXPECT_GE(asked[0], 100 - 8);
  EXPECT_LE(asked[0], 108);
  EXPECT_GE(asked[1], 500 - 8);
  EXPECT_LE(asked[1], 508);
}

TEST(Workers, RecordARequestWithoutAnAnswerAsUnknown) {
  Counter counter([](UserId user, int number) -> Result<Answer> {
    if (core::number(user) % 10 == 0) return error(core::Fault::refused);
    return first_five_win(user, number);
  });
  const auto load = run(plan_of(8, 1000), counter);
  EXPECT_EQ(load.answered, 900);
  EXPECT_EQ(load.failed, 100);
  EXPECT_EQ(load.first_error, "no answer");
  const auto calls = calls_of(load);
  EXPECT_EQ(std::ranges::count(calls, Outcome::unknown, &Call::outcome), 100);
  EXPECT_EQ(counter.callers, 8) << "who was answered keeps the connection";
}

TEST(Workers, ReplaceACallerWhoseConnectionBroke) {
  Counter counter([](UserId, int number) -> Result<Answer> {
    if (number == 1) return error(core::Fault::unreachable);
    return Answer::sold_out;
  });
  const auto load = run(plan_of(1, 100), counter);
  EXPECT_EQ(load.failed, 1);
  EXPECT_EQ(load.answered, 99);
  EXPECT_EQ(counter.callers, 2);
}

TEST(Workers, DoNotBurnThroughTheRequestsWhileTheServerIsAway) {
  // Two callers at the start, no more: the server is gone for good after the first two questions.
  Counter counter([](UserId, int) -> Result<Answer> { return error(core::Fault::unreachable); }, 2);
  std::stop_source stop;
  const auto load =
      load::run(plan_of(2, 1'000'000), counter, stop.get_token(), [&, ticks = 0](auto) mutable {
        if (++ticks == 10) stop.request_stop();
      });
  EXPECT_TRUE(load.stopped);
  EXPECT_GT(load.failed, 2);
  EXPECT_LT(load.failed, 1000) << "a failure costs a wait that doubles";
}

TEST(Workers, StopWhenAsked) {
  Counter counter(first_five_win);
  std::stop_source stop;
  stop.request_stop();
  const auto load = run(plan_of(4, 1000), counter, stop.get_token());
  EXPECT_EQ(load.requests(), 0);
  EXPECT_TRUE(load.stopped);
}

TEST(Workers, ThrowInsteadOfHangingWhenOneGetsNoCaller) {
  Counter counter(first_five_win, 3);
  EXPECT_THROW(run(plan_of(8, 1000), counter), core::Failure);
}

TEST(Workers, SurviveAnExceptionInOneOfThem) {
  Counter counter([](UserId, int number) -> Result<Answer> {
    if (number == 7) throw std::runtime_error("a bug in the design");
    return Answer::sold_out;
  });
  const auto load = run(plan_of(4, 1'000'000), counter);
  EXPECT_EQ(load.broken, "a bug in the design");
  EXPECT_TRUE(load.stopped);
}

TEST(Workers, CountLatencyFromWhenARequestWasDue) {
  Counter counter(first_five_win);
  auto plan = plan_of(1, 20);
  plan.per_second = 10'000;  // one worker is late for some of them, and that shows
  for (const auto& call : calls_of(run(plan, counter))) {
    EXPECT_EQ(call.due_ns, (core::number(call.user) - 1) * 100'000);
    EXPECT_GE(call.sent_ns, call.due_ns);
  }
}

}  // namespace
}  // namespace couponctl::load
