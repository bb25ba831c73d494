#include "admin/recover.h"

#include <embedded/lib/admin/recover_begin.lua.h>
#include <embedded/lib/admin/recover_open.lua.h>
#include <embedded/lib/admin/recover_resend.lua.h>
#include <embedded/lib/admin/recover_restore.lua.h>
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <unordered_map>

#include "admin/backlog.h"
#include "admin/history.h"
#include "core/fault_points.h"
#include "core/parse.h"
#include "ledger/claims.h"
#include "ledger/lookup.h"
#include "ledger/progress.h"
#include "redis/scan.h"
#include "servers/exit.h"

namespace couponctl::admin {
namespace {

using core::Exit;
using core::Failure;
using core::kill_point;
using core::Result;
using core::UserId;
using issuance::Admission;
using issuance::CampaignKeys;
using issuance::find_positions;
using issuance::format_place;
using issuance::OutboxPage;
using issuance::parse_place;
using issuance::Positions;
using issuance::walk_outbox;
using servers::exit_of;
using servers::or_end;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Users of one script call, and of one question to the database.
constexpr std::size_t page_users = 1000;
constexpr milliseconds look_every{250};

struct Holder {
  std::int64_t user = 0;
  std::int64_t seq = 0;
  std::string entry_id = "0-0";  // of the outbox; this one is never there: it was handed over
};

// The lock was lost together with the connection that held it, or somebody edits the keys by hand.
Failure interfered(const std::string& campaign) {
  return {Exit::runtime,
          fmt::format("campaign {} was changed while it was being recovered", campaign),
          fmt::format("Run \"couponctl recover --campaign {}\" again", campaign)};
}

class Recovery {
 public:
  Recovery(mysql::Connection& database, Admission& admission, const RecoverOptions& options)
      : database_(database),
        admission_(admission),
        redis_(admission.client()),
        options_(options),
        source_(source_of(options)),
        lock_(database, options.campaign),
        keys_(options.campaign) {}

  std::optional<Recovered> run(const Draining& draining, const std::stop_token& stop) {
    // Nothing is closed that could not be opened again.
    or_end(find_positions(database_, options_.topic));
    const auto meta = find_meta();
    const auto row = or_end(ledger::find_campaign(database_, options_.campaign));
    recovered_.campaign = row_to_recover(row, meta);
    epoch_ = std::to_string(recovered_.campaign.epoch);
    begin(meta);
    kill_point("recover.marked");
    if (!row || row->epoch < recovered_.campaign.epoch) make_row(row);
    if (!drain(draining, stop)) return std::nullopt;
    kill_point("recover.drained");
    read_what_is_there();
    keep_what_redis_has();
    kill_point("recover.resent");
    restore_ledger();
    kill_point("recover.restored");
    restore_rest();
    kill_point("recover.completed");
    open();
    kill_point("recover.opened");
    return recovered_;
  }

 private:
  // Without the group where the database is lost: the offset tells what went into that one.
  static issuance::Topic source_of(const RecoverOptions& options) {
    const auto& [brokers, name, group] = options.topic;
    return {brokers, name, options.database_lost ? "" : group};
  }

  // Nothing where Redis knows nothing, or nothing that can be read.
  std::optional<Meta> find_meta() {
    auto meta = read_meta(redis_, options_.campaign);
    if (!meta && exit_of(meta.error()) != Exit::runtime) or_end(meta);
    has_unreadable_meta_ = !meta;
    auto known = meta ? *std::move(meta) : std::nullopt;
    if (known && known->state == "resetting")
      throw Failure(
          Exit::runtime, fmt::format("a reset of campaign {} was not finished", options_.campaign),
          fmt::format("Run \"couponctl reset-redis --campaign {}\" again", options_.campaign));
    return known;
  }

  // Of the furthest epoch that anybody was admitted in, also where the database has lost it.
  ledger::Campaign row_to_recover(const std::optional<ledger::Campaign>& row,
                                  const std::optional<Meta>& meta) {
    const auto& name = options_.campaign;
    if (is_behind(row, meta)) {
      if (!options_.database_lost) throw database_is_behind(redis_, name, *meta, row);
      const bool is_open =
          (meta->state == "recovering" ? meta->state_before : meta->state) == "open";
      return {.id = row ? row->id : 0,
              .epoch = meta->epoch,
              .name = name,
              .state = is_open ? ledger::State::open : ledger::State::closed,
              .quota = meta->quota,
              .window = meta->window};
    }
    if (!row) return known_campaign({database_, redis_}, name);  // it says what there is instead
    if (meta) return *row;
    // Redis tells nothing of its epoch, but its messages do, those that were read as well.
    auto later = *row;
    later.epoch = epoch_named(database_, {options_.topic.brokers, options_.topic.name}, name);
    if (later.epoch <= row->epoch) return *row;
    if (!options_.database_lost)
      throw Failure(Exit::usage,
                    fmt::format("messages of campaign {} are of epoch {}, and {}", name,
                                later.epoch, database_knows(row)),
                    ways_out(name));
    return later;
  }

  // Where consumers go on is recorded before it: should this be killed, the next recovery may not
  // know that the database was lost.
  void make_row(const std::optional<ledger::Campaign>& before) {
    // What a database has read that knows no campaign, it has read in vain.
    const bool in_vain = or_end(ledger::list_campaigns(database_)).empty();
    pin_positions(in_vain);
    const auto& campaign = recovered_.campaign;
    recovered_.campaign = or_end(before ? ledger::begin_epoch(database_, *before, campaign)
                                        : ledger::create_campaign(database_, campaign));
    recovered_.row_made = true;
    kill_point("recover.row_made");
  }

  // Closes the campaign, whatever Redis holds of it.
  void begin(const std::optional<Meta>& meta) {
    const auto& campaign = recovered_.campaign;
    if (!meta && !has_unreadable_meta_) require_begun(campaign);
    const std::array<std::string, 6> values{
        std::to_string(campaign.quota),
        std::to_string(campaign.window.opens_at_ms),
        std::to_string(campaign.window.closes_at_ms),
        epoch_,
        admission_.run_id(),
        std::to_string(meta ? meta->outbox_max : outbox_max_default)};
    const std::vector<std::string_view> arguments(values.begin(), values.end());
    or_end(redis::integer(redis_.eval(embedded::recover_begin_lua, all_keys(), arguments)));
  }

  // In an epoch in which nobody was ever admitted there is nothing to recover.
  void require_begun(const ledger::Campaign& campaign) {
    if (campaign.state != ledger::State::fresh) return;
    if (or_end(redis::integer(redis_.command({"EXISTS", keys_.users, keys_.outbox}))) > 0) return;
    throw Failure(Exit::usage,
                  fmt::format("campaign {} has not been opened yet: there is nothing to recover",
                              campaign.name),
                  fmt::format("Run \"couponctl campaign open {}\"", campaign.name));
  }

  // False if a stop was requested. What is handed over meanwhile will be on the topic.
  bool drain(const Draining& draining, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any wake;
    const auto end = Clock::now() + options_.drain;
    for (auto now = Clock::now(); now < end && !stop.stop_requested(); now = Clock::now()) {
      draining(std::chrono::ceil<milliseconds>(end - now));
      // A session that says nothing for too long is ended by the server, and the lock with it.
      or_end(database_.execute("DO 0"));
      std::unique_lock lock(mutex);
      wake.wait_for(lock, stop, std::min<Clock::duration>(look_every, end - now),
                    [] { return false; });
    }
    return !stop.stop_requested();
  }

  // The outbox first, the topic after it: what leaves the one is on the other by then.
  void read_what_is_there() {
    or_end(walk_outbox(redis_, options_.campaign, [&](const OutboxPage& page) -> Result<bool> {
      for (const auto& entry : page)
        for (const auto& winner : entry.winners)
          if (winner.epoch == recovered_.campaign.epoch)
            outbox_[core::number(winner.user)] = {winner.seq, entry.id};
      return true;
    }));
    topic_ = read_backlog(database_, source_, pin_positions(false), recovered_.campaign);
    for (const auto& [user, place] : outbox_) seq_ = std::max(seq_, place.seq);
    for (const auto& [user, seq] : topic_) seq_ = std::max(seq_, seq);
  }

  // Where consumers go on, recorded: whoever is on the topic from there on need not be sent again.
  // A partition that ends before its progress is read again from its beginning, for the ledger
  // takes nobody twice, and so is each that was read `in_vain`. Whoever is lost with it is found
  // below: his message is nowhere.
  Positions pin_positions(bool in_vain) {
    auto positions = or_end(find_positions(database_, source_));
    const ledger::Topic topic{positions.cluster, options_.topic.name};
    for (auto& [partition, position] : positions.partitions) {
      if (position.is_cut() || (in_vain && position.progress)) {
        const auto [low, high] = position.ends;
        recovered_.partitions_read_again += position.is_cut();
        or_end(ledger::set_back(database_, topic, partition, low, high));
        position.progress = low;
      }
      if (!position.progress)
        or_end(ledger::begin_progress(database_, topic, partition, position.next()));
    }
    return positions;
  }

  // Walks the users whom Redis still knows: those who are nowhere else are sent again.
  void keep_what_redis_has() {
    or_end(redis::walk_hash(
        redis_, keys_.users, [&](std::span<const redis::Pair> fields) -> Result<void> {
          for (; !fields.empty(); fields = fields.subspan(std::min(page_users, fields.size())))
            keep(fields.first(std::min(page_users, fields.size())));
          return {};
        }));
  }

  // Each a user and his place.
  void keep(std::span<const redis::Pair> fields) {
    std::vector<Holder> nowhere;
    std::vector<std::string_view> unreadable{"HDEL", keys_.users};
    for (const auto& [name, text] : fields) {
      const auto user = core::whole_number(name);
      const auto place = parse_place(text);
      if (!user || !place) {
        unreadable.push_back(name);
        continue;
      }
      ++recovered_.kept;
      seq_ = std::max(seq_, place->seq);
      if (!outbox_.contains(*user) && !topic_.contains(*user))
        nowhere.push_back({*user, place->seq, std::string(place->entry_id)});
    }
    if (unreadable.size() > 2) or_end(redis::integer(redis_.command(unreadable)));
    recovered_.removed += std::ssize(unreadable) - 2;
    remove_written(nowhere);
    send_again(nowhere);
  }

  void remove_written(std::vector<Holder>& places) {
    if (places.empty()) return;
    std::vector<UserId> users;
    for (const auto& place : places) users.push_back(UserId{place.user});
    const auto written =
        or_end(ledger::look_up(database_, options_.campaign, recovered_.campaign.epoch, users));
    std::erase_if(places,
                  [&](const Holder& place) { return written.contains(UserId{place.user}); });
  }

  void send_again(const std::vector<Holder>& places) {
    if (places.empty()) return;
    std::vector<std::string> texts;
    for (const auto& place : places) {
      texts.push_back(std::to_string(place.user));
      texts.push_back(std::to_string(place.seq));
    }
    recovered_.sent_again += or_interfered(embedded::recover_resend_lua, all_keys(), texts).at(0);
  }

  // Who was admitted comes first, should there not be room for everybody.
  void restore_ledger() {
    or_end(ledger::read_claims(database_, recovered_.campaign,
                               [&](std::span<const ledger::Claim> claims) -> Result<void> {
                                 std::vector<Holder> places;
                                 for (const auto& [user, seq] : claims) {
                                   seq_ = std::max(seq_, seq);
                                   (seq == 0 ? foreign_ : places).push_back({user, seq});
                                 }
                                 restore(places, recovered_.from_ledger);
                                 return {};
                               }));
  }

  void restore_rest() {
    std::vector<Holder> places;
    for (const auto& [user, place] : outbox_) places.push_back({user, place.seq, place.entry_id});
    std::ranges::sort(places, {}, &Holder::seq);
    restore(places, recovered_.from_outbox);
    places.clear();
    for (const auto& [user, seq] : topic_) places.push_back({user, seq});
    std::ranges::sort(places, {}, &Holder::seq);
    restore(places, recovered_.from_topic);
    restore(foreign_, recovered_.from_ledger);
  }

  void restore(std::span<const Holder> places, std::int64_t& counter) {
    for (; !places.empty(); places = places.subspan(std::min(page_users, places.size()))) {
      std::vector<std::string> texts;
      for (const auto& place : places.first(std::min(page_users, places.size()))) {
        texts.push_back(std::to_string(place.user));
        texts.push_back(format_place({place.seq, place.entry_id}));
      }
      const auto counts = or_interfered(embedded::recover_restore_lua, meta_and_users(), texts);
      counter += counts.at(0);
      recovered_.left_out += counts.at(1);
    }
  }

  void open() {
    or_end(database_.execute("DO 0"));  // it still holds the lock
    const bool opens = recovered_.campaign.state == ledger::State::open;
    const auto counts = or_interfered(embedded::recover_open_lua, meta_and_users(),
                                      {opens ? "open" : "closed", std::to_string(seq_)});
    recovered_.admitted = counts.at(0);
  }

  std::vector<std::string_view> meta_and_users() const { return {keys_.meta, keys_.users}; }
  std::vector<std::string_view> all_keys() const { return {keys_.meta, keys_.users, keys_.outbox}; }

  // Runs a script that takes the epoch first; its numbers.
  std::vector<std::int64_t> or_interfered(std::string_view script,
                                          const std::vector<std::string_view>& keys,
                                          const std::vector<std::string>& texts) {
    std::vector<std::string_view> arguments{epoch_};
    arguments.insert(arguments.end(), texts.begin(), texts.end());
    const auto reply = or_end(redis_.eval(script, keys, arguments));
    const auto list = or_end(reply.value().array());
    if (list.size() == 0) throw interfered(options_.campaign);
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 0; i < list.size(); ++i) numbers.push_back(or_end(list[i].integer()));
    return numbers;
  }

  struct Waiting {
    std::int64_t seq = 0;
    std::string entry_id;
  };

  mysql::Connection& database_;
  Admission& admission_;
  redis::Client& redis_;
  const RecoverOptions& options_;
  const issuance::Topic source_;  // whose messages not yet in the ledger are read
  const ledger::AdminLock lock_;
  const CampaignKeys keys_;
  std::string epoch_;
  bool has_unreadable_meta_ = false;
  std::unordered_map<std::int64_t, Waiting> outbox_;  // by user
  Backlog topic_;
  std::vector<Holder> foreign_;  // in the ledger and not admitted by us
  std::int64_t seq_ = 0;         // the largest that anybody holds
  Recovered recovered_;
};

}  // namespace

std::optional<Recovered> recover(mysql::Connection& database, Admission& admission,
                                 const RecoverOptions& options, const Draining& draining,
                                 const std::stop_token& stop) {
  return Recovery(database, admission, options).run(draining, stop);
}

}  // namespace couponctl::admin
