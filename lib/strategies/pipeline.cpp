// couponctl's own design: one script admits and fills the outbox, Kafka carries, and the ledger
// itself refuses coupon N+1.
//
// A thin layer over lib/issuance: what is raced here is what `apply` and `consume` run, and callers
// who wait at the same moment are asked about together.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "admin/campaigns.h"
#include "admin/recover.h"
#include "admin/reset.h"
#include "core/failure.h"
#include "issuance/places.h"
#include "kafka/admin.h"
#include "ledger/progress.h"
#include "ledger/schema.h"
#include "strategies/coupon_rows.h"
#include "strategies/pipeline_callers.h"
#include "strategies/pipeline_consumer.h"
#include "strategies/scratch_area.h"
#include "strategies/strategy.h"

namespace couponctl::strategies {
namespace {

using core::Exit;
using core::or_throw;
using core::Result;
using core::UserId;

constexpr std::chrono::seconds broker_answers_within{5};

class Pipeline final : public load::Deployment {
 public:
  explicit Pipeline(const Scratch& scratch)
      : scratch_(scratch), area_(scratch), admin_(scratch.servers.kafka, broker_answers_within) {
    area_.make_topic();
    ledger::migrate(scratch.database(), true);
  }

  void reset(std::int64_t run, const load::Wait& wait) override {
    const auto earlier = campaign_of(scratch_);
    scratch_.run = run;
    const auto campaign = campaign_of(scratch_);
    if (consumer_ && !consumer_->ended().empty()) rest();
    if (consumer_) consumer_->begin(run_of_consumer());
    const issuance::CampaignKeys keys(campaign);
    area_.note_keys(scratch_, {keys.meta, keys.users, keys.outbox, keys.quarantine});
    auto database = connect(scratch_.database());
    auto redis = or_throw(redis::Client::connect(scratch_.servers.redis), Exit::unreachable);
    remove_rows(database, earlier);
    admin::open({database, redis}, campaign, {.quota = scratch_.limit}, admin::no_epoch_named);
    if (!consumer_) start_consumer(wait);
  }

  void restart(const load::Wait& wait) override {
    start_consumer(wait);
    if (has_lost_touch()) recover(wait);
  }

  // In a group of another name, which begins at the earliest: neither the group nor the ledger has
  // anything to go on from.
  void join_late(const load::Wait& wait) override {
    auto database = connect(scratch_.database());
    or_throw(database.execute("DELETE FROM kafka_progress"), Exit::runtime);
    group_ = fmt::format("{}_late_{}", scratch_.name, scratch_.run);
    start_consumer(wait);
  }

  // couponctl campaign close, reset-redis, campaign open: a new epoch of the same campaign.
  void begin_next_event(const load::Wait&) override {
    const auto campaign = campaign_of(scratch_);
    auto database = connect(scratch_.database());
    auto redis = or_throw(redis::Client::connect(scratch_.servers.redis), Exit::unreachable);
    const admin::Stores stores{database, redis};
    admin::close(stores, campaign);
    admin::reset(stores, campaign,
                 admin::find_remainder(database, {scratch_.servers.kafka, scratch_.name}, campaign),
                 false);
    admin::open(stores, campaign, {.quota = scratch_.limit}, admin::no_epoch_named);
    consumer_->begin(run_of_consumer());
  }

  void start_consumer(const load::Wait& wait) {
    consumer_.emplace(issuance::ConsumeOptions{.redis = scratch_.servers.redis,
                                               .kafka = scratch_.servers.kafka,
                                               .mysql = scratch_.database(),
                                               .topic = scratch_.name,
                                               .group = group_,
                                               .batch_messages_max = messages_max(),
                                               .rows_per_s_max = scratch_.rows_per_s_max,
                                               .relay_grace = scratch_.grace,
                                               .relay_interval = scratch_.look_interval},
                      run_of_consumer());
    consumer_->await_ready(wait);
  }

  // Outbox entries that nobody has sent, then messages that nobody has written.
  Result<std::int64_t> left() override {
    if (const auto why = consumer_->ended(); !why.empty())
      return core::Error{core::Fault::unreachable, {}, "the consumer ended: " + why};
    if (auto opened = open(); !opened) return opened.error();
    auto entries = redis::integer(
        redis_->command({"XLEN", issuance::CampaignKeys(campaign_of(scratch_)).outbox}));
    if (!entries) redis_.reset();
    if (!entries || *entries > 0) return entries;
    return queued();
  }
  std::string_view left_of() const override { return "outbox entries and messages"; }

  Result<bool> has_left_undone(UserId user) override {
    if (auto opened = open(); !opened) return opened.error();
    bool found = false;
    const auto walked = issuance::walk_outbox(
        *redis_, campaign_of(scratch_), [&](const issuance::OutboxPage& page) -> Result<bool> {
          for (const auto& entry : page)
            found = found || std::ranges::find(entry.winners, user, &issuance::Winner::user) !=
                                 entry.winners.end();
          return !found;
        });
    if (!walked) redis_.reset();
    if (!walked) return walked.error();
    return found;
  }

  Result<std::int64_t> queued() override {
    if (consumer_->is_writing()) return 1;  // or more, and nobody need be asked
    if (auto opened = open(); !opened) return opened.error();
    const auto progress = ledger::read_progress(*database_, {cluster_, scratch_.name});
    if (!progress) database_.reset();
    if (!progress) return progress.error();
    const auto marks = admin_.watermarks(scratch_.name);
    if (!marks) return marks.error();
    std::int64_t messages = 0;
    for (const auto& [partition, mark] : *marks) {
      const auto found = progress->find(partition);
      messages += mark.high - (found == progress->end() ? mark.low : found->second);
    }
    // It writes from before it makes progress until after: so this is asked last.
    return messages + (consumer_->is_writing() ? 1 : 0);
  }

  Result<std::vector<load::Row>> rows() override {
    const auto coupons = fmt::format(
        "(SELECT slot AS id, user_id FROM coupon WHERE (campaign_id, epoch) = (SELECT id, epoch "
        "FROM campaign WHERE name = '{}' ORDER BY epoch DESC LIMIT 1)) AS coupons",
        campaign_of(scratch_));
    auto rows = read_rows(scratch_.database(), coupons);
    if (rows && consumer_) add_times(*rows, consumer_->landed());
    return rows;
  }

  void rest() override { consumer_.reset(); }

  Result<void> drop(const load::Wait& wait) override {
    rest();
    return servers::drop_scratch(scratch_.servers, scratch_.name, wait.deadline);
  }

 private:
  // Redis is another one than the campaign was opened on, or has forgotten it: it admits nobody.
  bool has_lost_touch() {
    redis_.reset();
    or_throw(open(), Exit::unreachable);
    const auto meta = issuance::CampaignKeys(campaign_of(scratch_)).meta;
    const auto opened_on =
        or_throw(redis::text_or_nil(redis_->command({"HGET", meta, "run_id"})), Exit::unreachable);
    return opened_on != or_throw(redis_->info("server", "run_id"), Exit::unreachable);
  }

  // What its operator would do: couponctl recover.
  void recover(const load::Wait& wait) {
    wait.say("couponctl recover");
    auto database = connect(scratch_.database());
    auto admission =
        or_throw(issuance::Admission::connect(scratch_.servers.redis), Exit::unreachable);
    admin::recover(
        database, admission,
        {.campaign = campaign_of(scratch_),
         .topic = {scratch_.servers.kafka, scratch_.name},
         .drain = scratch_.grace},
        [](auto) {}, wait.stop);
  }

  PipelineConsumer::Run run_of_consumer() const {
    return {.campaign = campaign_of(scratch_),
            .hook = scratch_.hook({.name = "consumer", .process = "consume"}),
            .relay_hook = scratch_.hook(
                {.name = "relay", .polls = true, .helps = true, .process = "consume"})};
  }

  // A batch waits no longer once there is a message for each coupon.
  std::int64_t messages_max() const {
    return std::min(scratch_.limit, issuance::ConsumeOptions().batch_messages_max);
  }

  // The relay looks after every campaign that there is.
  static void remove_rows(mysql::Connection& database, const std::string& campaign) {
    for (const auto* statement :
         {"DELETE FROM coupon WHERE campaign_id IN (SELECT id FROM campaign WHERE name = '{}')",
          "DELETE FROM campaign WHERE name = '{}'"})
      or_throw(database.execute(fmt::format(fmt::runtime(statement), campaign)), Exit::runtime);
  }

  // Connections for as long as they last.
  Result<void> open() {
    if (cluster_.empty()) {
      auto cluster = kafka::cluster_id(scratch_.servers.kafka, broker_answers_within);
      if (!cluster) return cluster.error();
      cluster_ = *std::move(cluster);
    }
    if (!redis_) {
      auto client = redis::Client::connect(scratch_.servers.redis);
      if (!client) return client.error();
      redis_ = *std::move(client);
    }
    if (!database_) {
      auto connection = mysql::Connection::connect(scratch_.database());
      if (!connection) return connection.error();
      database_ = *std::move(connection);
    }
    return {};
  }

  Scratch scratch_;
  ScratchArea area_;
  kafka::Admin admin_;
  std::string group_ = scratch_.name;
  std::string cluster_;
  std::optional<redis::Client> redis_;
  std::optional<mysql::Connection> database_;
  std::optional<PipelineConsumer> consumer_;  // of one run after the other
};

constexpr load::Promise promise{
    .never_over_quota = true, .one_per_user = true, .first_come_first_served = true};
constexpr Needs needs{.redis = true, .kafka = true};

const Register<Pipeline, PipelineCallers<issuance::Ack::redis>> registered_async{
    {.name = "pipeline-async",
     .summary = "pipeline, told once Redis has admitted: apply --ack redis",
     .step = 190,
     .promise = promise,
     .needs = needs}};

const Register<Pipeline, PipelineCallers<issuance::Ack::kafka>> registered{
    {.name = "pipeline",
     .summary = "couponctl's own: outbox, Kafka, a capped ledger",
     .step = 200,
     .promise = promise,
     .under_faults = true,
     .needs = needs}};

}  // namespace
}  // namespace couponctl::strategies
