// couponctl's own design: one script admits and fills the outbox, Kafka carries, and the ledger
// itself refuses coupon N+1.
//
// A thin layer over lib/issuance: what is raced here is what `apply` and `consume` run.
#include <fmt/format.h>

#include <condition_variable>
#include <exception>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "admin/campaigns.h"
#include "core/failure.h"
#include "core/parse.h"
#include "issuance/apply.h"
#include "issuance/consume.h"
#include "ledger/schema.h"
#include "strategies/coupon_table.h"
#include "strategies/scratch_area.h"
#include "strategies/strategy.h"

namespace couponctl::strategies {
namespace {

using core::Decision;
using core::Exit;
using core::or_throw;
using core::Result;
using core::UserId;
using Clock = std::chrono::steady_clock;

constexpr auto settle_max = std::chrono::seconds(60);

// When each winner of the round asked, and when their coupon was durable.
class Times {
 public:
  void reset(const std::string& campaign) {
    const std::scoped_lock lock(mutex_);
    campaign_ = campaign;
    asked_.clear();
    landed_.clear();
  }
  void won(UserId user, Clock::time_point asked_at) {
    const std::scoped_lock lock(mutex_);
    asked_.emplace(user, asked_at);
  }
  void landed(const ledger::Batch& batch) {
    const std::scoped_lock lock(mutex_);
    for (const auto& message : batch.messages)
      if (!message.failed && message.campaign == campaign_)
        landed_.emplace(message.user, Clock::now());
    changed_.notify_all();
  }
  // A consumer that failed lands nothing more.
  void fail(const std::string& why) {
    const std::scoped_lock lock(mutex_);
    failure_ = why;
    changed_.notify_all();
  }

  // Waits until every winner has landed.
  Result<std::vector<std::chrono::nanoseconds>> settle() {
    std::unique_lock lock(mutex_);
    const auto all_landed = [this] { return landed_.size() >= asked_.size(); };
    changed_.wait_for(lock, settle_max, [&] { return all_landed() || !failure_.empty(); });
    if (!all_landed())
      return core::Error{
          core::Fault::timeout,
          {},
          fmt::format("{} of {} coupons not durable after {}{}{}", asked_.size() - landed_.size(),
                      asked_.size(), core::format_duration(settle_max),
                      failure_.empty() ? "" : ": ", failure_)};
    std::vector<std::chrono::nanoseconds> durable;
    for (const auto& [user, asked_at] : asked_)
      if (const auto at = landed_.find(user); at != landed_.end())
        durable.push_back(at->second - asked_at);
    return durable;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string campaign_;
  std::map<UserId, Clock::time_point> asked_;
  std::map<UserId, Clock::time_point> landed_;
  std::string failure_;
};

class Caller final : public Applicant {
 public:
  Caller(const issuance::ApplyOptions& options, issuance::Handover& handover, Times& times)
      : apply_(options, &handover), times_(times) {}

  Result<Answer> apply(UserId user) override {
    const auto asked_at = Clock::now();
    const auto told = apply_.apply(std::span(&user, 1)).front();
    switch (told.decision) {
      case Decision::queued:
        times_.won(user, asked_at);
        return Answer::granted;
      case Decision::duplicate:
        return Answer::duplicate;
      case Decision::sold_out:
        return Answer::sold_out;
      default:
        break;
    }
    return core::Error{
        core::Fault::timeout, {}, fmt::format("{}: {}", core::name(told.decision), told.reason)};
  }

 private:
  issuance::Apply apply_;
  Times& times_;
};

class Pipeline final : public Strategy {
 public:
  explicit Pipeline(const Scratch& scratch)
      : scratch_(scratch),
        database_(scratch),
        topic_(scratch),
        handover_({.brokers = scratch.servers.kafka,
                   .topic = scratch.name,
                   .linger = std::chrono::milliseconds(0)}) {
    ledger::migrate(database_.address(), true);
    start_consumer();
  }

  ~Pipeline() override { forget_campaign(); }

  void reset() override {
    forget_campaign();
    // The scratch name is unique; its first word says nothing, and a campaign has 32 characters.
    campaign_ = fmt::format("{}-{}", scratch_.name.substr(scratch_.name.find('_') + 1), ++round_);
    auto database = connect(database_.address());
    auto redis = or_throw(redis::Client::connect(scratch_.servers.redis), Exit::unreachable);
    admin::open({database, redis}, campaign_, {.quota = scratch_.limit});
    times_.reset(campaign_);
  }

  std::unique_ptr<Applicant> applicant() override {
    return std::make_unique<Caller>(
        issuance::ApplyOptions{.redis = scratch_.servers.redis, .campaign = campaign_}, handover_,
        times_);
  }

  Result<std::vector<std::chrono::nanoseconds>> settle() override { return times_.settle(); }

  Result<std::vector<UserId>> issued() override {
    return coupon_users(
        database_.address(),
        fmt::format("campaign_id = (SELECT MAX(id) FROM campaign WHERE name = '{}')", campaign_));
  }

 private:
  // Returns once the consumer has joined its group. Throws what ended it before.
  void start_consumer() {
    auto ready = std::make_shared<std::promise<void>>();
    consumer_ = std::jthread([this, ready](const std::stop_token& stop) {
      const issuance::ConsumeObserver observer{
          .ready = [&] { ready->set_value(); },
          .landed = [this](const issuance::Landed& landed) { times_.landed(landed.batch); }};
      try {
        issuance::consume({.redis = scratch_.servers.redis,
                           .kafka = scratch_.servers.kafka,
                           .mysql = database_.address(),
                           .topic = scratch_.name,
                           .group = scratch_.name},
                          observer, stop);
      } catch (const std::exception& failure) {
        times_.fail(failure.what());
        try {
          ready->set_exception(std::current_exception());
        } catch (const std::future_error&) {
          // It was ready before: settle() tells.
        }
      }
    });
    ready->get_future().get();
  }

  void forget_campaign() {
    const issuance::CampaignKeys keys(campaign_);
    if (auto redis = redis::Client::connect(scratch_.servers.redis))
      static_cast<void>(redis->command({"UNLINK", keys.meta, keys.users, keys.outbox}));
  }

  Scratch scratch_;
  ScratchDatabase database_;
  ScratchTopic topic_;
  issuance::Handover handover_;  // one producer for all callers, as in a service
  Times times_;
  std::string campaign_ = "none";
  int round_ = 0;
  std::jthread consumer_;
};

const Register<Pipeline> registered{{.name = "pipeline",
                                     .summary = "couponctl's own: outbox, Kafka, a capped ledger",
                                     .step = 200,
                                     .promise = {.never_over_quota = true,
                                                 .one_per_user = true,
                                                 .across_processes = true,
                                                 .nothing_lost_under_faults = true},
                                     .needs = {.redis = true, .kafka = true}}};

}  // namespace
}  // namespace couponctl::strategies
