#include "load/storm.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "core/failure.h"

namespace couponctl::load {
namespace {

using core::Result;
using core::UserId;
using strategies::Answer;
using strategies::Applicant;

// A design in memory, without a server, that the generator itself can be tested with.
class Counter final : public strategies::Strategy {
 public:
  explicit Counter(int connections_max = 1000) : connections_max_(connections_max) {}

  void reset() override {}
  std::unique_ptr<Applicant> applicant() override {
    if (++connections_ > connections_max_)
      throw core::Failure(core::Exit::unreachable, "too many connections");
    return std::make_unique<Caller>(*this);
  }
  Result<std::vector<UserId>> issued() override { return std::vector<UserId>(); }

  std::atomic<int> asked = 0;

 private:
  struct Caller final : Applicant {
    explicit Caller(Counter& counter) : counter_(counter) {}
    Result<Answer> apply(UserId user) override {
      const int number = ++counter_.asked;
      if (core::number(user) % 10 == 0) return core::Error{core::Fault::timeout, {}, "tenth"};
      return number <= 5 ? Answer::granted : Answer::sold_out;
    }
    Counter& counter_;
  };

  const int connections_max_;
  std::atomic<int> connections_ = 0;
};

Plan plan_of(int threads, std::int64_t requests) {
  return {.threads = threads, .requests = requests, .users = {}, .seed = 7};
}

TEST(Storm, MakesExactlyTheRequestsAskedForInTotal) {
  Counter counter;
  const auto storm = load::storm(plan_of(8, 1000), counter, {}, [](auto) {});
  EXPECT_EQ(counter.asked, 1000);
  EXPECT_EQ(storm.requests, 1000);
  EXPECT_EQ(storm.errors, 100);
  EXPECT_EQ(storm.first_error, "tenth");
  EXPECT_EQ(storm.latency.count(), 900);
  EXPECT_EQ(storm.granted_latency.count(), std::ssize(storm.granted));
}

TEST(Storm, StopsWhenAsked) {
  Counter counter;
  std::stop_source stop;
  stop.request_stop();
  const auto storm = load::storm(plan_of(4, 1000), counter, stop.get_token(), [](auto) {});
  EXPECT_EQ(storm.requests, 0);
}

TEST(Storm, ThrowsInsteadOfHangingWhenAWorkerCannotConnect) {
  Counter counter(3);
  EXPECT_THROW(load::storm(plan_of(8, 1000), counter, {}, [](auto) {}), core::Failure);
}

TEST(UserOf, FollowsTheKindOfUsers) {
  auto plan = plan_of(1, 1000);
  EXPECT_EQ(user_of(plan, 41), UserId{42});
  plan.users.kind = Users::Kind::same;
  EXPECT_EQ(user_of(plan, 41), UserId{1});
  plan.users = {Users::Kind::random, 10};
  std::set<UserId> drawn;
  for (int i = 0; i < 1000; ++i) drawn.insert(user_of(plan, i));
  EXPECT_EQ(drawn.size(), 10U);
  EXPECT_EQ(*drawn.begin(), UserId{1});
  EXPECT_EQ(*drawn.rbegin(), UserId{10});
  EXPECT_EQ(user_of(plan, 5), user_of(plan, 5));
}

}  // namespace
}  // namespace couponctl::load
