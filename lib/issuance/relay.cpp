#include "issuance/relay.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>

#include "core/failure.h"
#include "core/fault_points.h"
#include "core/parse.h"
#include "issuance/wire.h"
#include "ledger/schema.h"
#include "servers/connect.h"

namespace couponctl::issuance {
namespace {

using core::kill_point;
using core::Result;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// From asking for the time until all entries are read.
constexpr std::chrono::milliseconds look_max = 1000ms;
constexpr Delays redis_delays{20ms, 1s};
constexpr Delays database_delays{50ms, 5s};
// Messages under way: a tenth of what librdkafka queues unless the user wants it smaller, so that
// produce() need not wait for room.
constexpr std::int64_t messages_max = 10'000;
constexpr std::size_t complaints_max = 1000;

// When the call was made whose entry it is, by Redis's clock.
std::int64_t time_ms_of(const OutboxEntry& entry) {
  return core::whole_number(std::string_view(entry.id).substr(0, entry.id.find('-'))).value_or(0);
}

}  // namespace

Relay::Relay(RelayOptions options, const Log& log)
    : options_(std::move(options)),
      log_(log),
      admission_(servers::connected(Admission::connect(options_.redis), options_.redis)),
      redis_back_off_("relay, redis", redis_delays, log),
      database_back_off_("relay, database", database_delays, log),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

std::optional<std::int64_t> Relay::outbox_entries() const {
  const std::int64_t entries = outbox_entries_;
  return entries < 0 ? std::nullopt : std::optional(entries);
}

void Relay::check() const {
  if (has_ended_) std::rethrow_exception(ended_by_);
}

void Relay::run(const std::stop_token& stop) try {
  const core::HookedCommands hooked(options_.hook);
  stop_ = stop;
  std::mutex mutex;
  std::condition_variable_any wake;
  while (!stop.stop_requested()) {
    look();
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, options_.look_interval, [] { return false; });
  }
} catch (...) {
  ended_by_ = std::current_exception();
  has_ended_ = true;
}

void Relay::look() {
  find_campaigns();
  if (Clock::now() < redis_back_off_.due()) return;
  const auto served = serve();
  if (served) return redis_back_off_.over(Clock::now());
  outbox_entries_ = -1;
  if (core::ends_connection(served.error().fault)) admission_.reset();
  redis_back_off_.failed(served.error().text, Clock::now());
}

void Relay::find_campaigns() {
  const auto now = Clock::now();
  if (now < std::max(campaigns_due_, database_back_off_.due())) return;
  const auto list = [this]() -> Result<std::vector<ledger::Campaign>> {
    if (!database_) {
      auto connection = ledger::connect(options_.mysql);
      if (!connection) return connection.error();
      database_ = *std::move(connection);
    }
    return ledger::list_campaigns(*database_);
  };
  const auto found = list();
  if (!found) {
    database_.reset();
    return database_back_off_.failed(found.error().text, Clock::now());
  }
  database_back_off_.over(Clock::now());
  std::vector<Watched> watched;
  for (const auto& campaign : *found) {
    const bool closed = campaign.state == ledger::State::closed;
    const auto before = std::ranges::lower_bound(campaigns_, campaign.name, {}, &Watched::name);
    const bool rests = before != campaigns_.end() && before->name == campaign.name && closed;
    watched.push_back({campaign.name, closed, rests ? before->rests_until : Clock::time_point()});
  }
  std::ranges::sort(watched, {}, &Watched::name);
  campaigns_ = std::move(watched);
  campaigns_due_ = now + options_.campaigns_age_max;
}

Result<void> Relay::serve() {
  if (!admission_) {
    auto admission = Admission::connect(options_.redis);
    if (!admission) return admission.error();
    admission_ = *std::move(admission);
  }
  std::int64_t entries = 0;
  bool known = campaigns_due_ != Clock::time_point();
  for (auto& campaign : campaigns_) {
    if (Clock::now() < campaign.rests_until) continue;
    const auto left = serve(campaign.name);
    if (!left && !redis::is(left.error(), redis::wrong_type)) return left.error();
    if (!left) complain_once(fmt::format("campaign {}: {}", campaign.name, left.error().text));
    known = known && left;
    if (left) entries += *left;
    if (campaign.closed && left && *left == 0)
      campaign.rests_until = Clock::now() + options_.closed_rest;
  }
  outbox_entries_ = known ? entries : -1;
  return {};
}

// How many entries it had.
Result<std::int64_t> Relay::serve(const std::string& campaign) {
  const auto safe = in_flight_.safe();
  if (const auto found = safe.find(campaign); found != safe.end()) {
    kill_point("relay.acknowledged");
    const auto forgotten = admission_->forget(campaign, found->second);
    kill_point("relay.forgotten");
    if (!forgotten) return forgotten.error();
    in_flight_.forget(campaign, found->second);
  }
  auto length = admission_->outbox_length(campaign);
  if (active_ && length && *length > 0)
    if (const auto sent = send_due(campaign); !sent) return sent.error();
  return length;
}

Result<void> Relay::send_due(const std::string& campaign) {
  const auto now_ms = admission_->client().time_ms();
  if (!now_ms) return now_ms.error();
  // An id of the future is as good as an old one: the server's clock went back, and its ids do not.
  // Just above now it is of somebody who was admitted since the clock was asked.
  const auto is_due = [&](const OutboxEntry& entry) {
    const auto at_ms = time_ms_of(entry);
    return entry.is_for_relay || at_ms > *now_ms + look_max.count() ||
           at_ms <= *now_ms - options_.grace.count();
  };
  return walk_outbox(admission_->client(), campaign, [&](const OutboxPage& page) -> Result<bool> {
    bool any_due = false;  // behind a page of young ones are those that are younger
    for (const auto& entry : page) {
      if (in_flight_.messages() >= messages_max) return false;
      if (!is_due(entry)) continue;
      any_due = true;
      if (entry.winners.empty()) {
        if (const auto moved = quarantine(campaign, entry.id); !moved) return moved.error();
      } else if (!send(campaign, entry)) {
        return false;
      }
    }
    return any_due;
  });
}

// Nobody can ever send such an entry, and left there it would keep the outbox from being empty.
Result<void> Relay::quarantine(const std::string& campaign, const std::string& entry_id) {
  const auto moved = admission_->quarantine(campaign, entry_id);
  if (moved && *moved)
    log_->error("relay: campaign {}: the outbox entry {} cannot be read and was moved to {}",
                campaign, entry_id, CampaignKeys(campaign).quarantine);
  if (moved) return {};
  // What Redis refuses here it need not refuse to the other entries.
  if (core::ends_connection(moved.error().fault)) return moved.error();
  complain_once(fmt::format("campaign {}: the outbox entry {} cannot be read and stays: {}",
                            campaign, entry_id, moved.error().text));
  return {};
}

// What a broken one held is reported as not safe when it ends, and sent again at the next look.
kafka::Producer& Relay::working_producer() {
  if (const auto broken = producer_ ? producer_->fatal_error() : std::nullopt) {
    complain_once(broken->text + "; a new producer takes over");
    producer_.reset();
  }
  if (!producer_)
    producer_.emplace(kafka::ProducerOptions{.brokers = options_.kafka, .topic = options_.topic},
                      [this](const kafka::Delivery& delivery) {
                        in_flight_.report(delivery.token,
                                          delivery.persistence == kafka::Persistence::persisted);
                      });
  return *producer_;
}

bool Relay::send(const std::string& campaign, const OutboxEntry& entry) {
  // For all of an entry, whose winners may be more than the queue holds.
  const kafka::Producer::Patience patience{.stop = stop_};
  auto left = static_cast<std::int64_t>(entry.winners.size());
  const auto token = in_flight_.begin(campaign, entry.id, left);
  if (token == 0) return true;
  auto& producer = working_producer();
  kill_point("relay.read");
  for (const auto& winner : entry.winners) {
    const auto queued = produce(producer, options_.topic, winner, token, patience);
    if (!queued) {
      // The rest of the entry never left; the whole entry is sent again.
      in_flight_.report(token, false, left);
      if (!kafka::has_no_room(queued.error())) complain_once(queued.error().text);
      return !kafka::has_no_room(queued.error());
    }
    --left;
  }
  kill_point("relay.sent");
  return true;
}

void Relay::complain_once(const std::string& what) {
  if (complaints_.size() >= complaints_max) complaints_.clear();
  if (complaints_.insert(what).second) log_->error("relay: {}", what);
}

}  // namespace couponctl::issuance
