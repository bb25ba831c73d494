#include "issuance/consume.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "core/failure.h"
#include "core/fault_points.h"
#include "issuance/database.h"
#include "issuance/gathered.h"
#include "issuance/membership.h"
#include "issuance/relay.h"
#include "issuance/throttle.h"
#include "kafka/admin.h"
#include "kafka/group.h"
#include "servers/connect.h"
#include "servers/topic.h"

namespace couponctl::issuance {
namespace {

using core::Exit;
using core::Failure;
using core::kill_point;
using core::Result;
using kafka::Offsets;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

// The group must hear from us, and we of a stop, this often.
constexpr auto poll_max = 100ms;
// How long a batch waits for its second and further messages.
constexpr auto gather_max = 20ms;
// A batch of the largest messages ends here, so that memory stays bounded.
constexpr std::int64_t batch_bytes_max = 16 << 20;
constexpr auto look_every = 100ms;
constexpr auto ledger_look_every = 2s;
// What others hold and does not move for so long is worth a word to who waits for it.
constexpr auto held_max = 5s;
constexpr auto start_max = 10s;
constexpr auto kafka_question_max = 1s;
constexpr Delays kafka_delays{50ms, 1s};
constexpr int relay_campaigns_age_looks = 20;
constexpr std::int32_t relay_partition = 0;  // its owner relays

void require_topic(const ConsumeOptions& options) {
  const auto ends = kafka::Admin(options.kafka, start_max).watermarks(options.topic);
  if (!ends && kafka::is(ends.error(), RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART))
    throw servers::no_topic(options.kafka, options.topic);
  servers::connected(ends, options.kafka);
}

// The brokers tell by it whose consumer it is, to who shares a group unawares.
kafka::Cluster named(const ConsumeOptions& options) {
  auto cluster = options.kafka;
  cluster.properties.insert(cluster.properties.begin(),
                            {"client.id", "couponctl-" + options.mysql.database});
  return cluster;
}

milliseconds round_up(Clock::duration duration) {
  return std::max(std::chrono::ceil<milliseconds>(duration), 0ms);
}

class Consumption {
 public:
  Consumption(const ConsumeOptions& options, const std::string& cluster,
              const ConsumeObserver& observer)
      : options_(options),
        cluster_(cluster),
        observer_(observer),
        database_(options.mysql, cluster, options.topic, options.log),
        relay_({.redis = options.redis,
                .kafka = options.kafka,
                .mysql = options.mysql,
                .topic = options.topic,
                .grace = options.relay_grace,
                .campaigns_age_max = options.until_drained
                                         ? look_every
                                         : relay_campaigns_age_looks * options.relay_interval,
                .look_interval = options.relay_interval,
                .closed_rest = options.until_drained ? 0ms : RelayOptions().closed_rest,
                .hook = options.relay_hook},
               options.log),
        throttle_(options.rows_per_s_max, Clock::now().time_since_epoch()),
        kafka_back_off_("kafka", kafka_delays, options.log),
        membership_(options.group, options.log, Clock::now()),
        admin_(options.kafka, kafka_question_max),
        consumer_({.brokers = named(options),
                   .group = options.group,
                   .topic = options.topic,
                   .events = events()}) {}

  Consumed run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      observer_.alive();
      relay_.check();
      if (const auto word = membership_.word(Clock::now(), consumer_.complaint()))
        observer_.waits(*word);
      start_partitions();
      gather(stop);
      if (!gathered_.empty())
        write();
      else
        look_whether_ledger_moved();
      if (is_time_to_look() && look_what_is_left()) break;
    }
    kill_point("shutdown.stopping");
    // What is in hand is worth one more try; if that fails it is still on the topic.
    if (!gathered_.empty() && !database_.backs_off()) write();
    kill_point("shutdown.written");
    gathered_.start({});  // messages must not outlive their client
    consumed_.elapsed = Clock::now() - began_;
    return consumed_;
  }

 private:
  kafka::ConsumerEvents events() {
    return {.assigned = [this](const auto& partitions) { assigned(partitions); },
            .revoked = [this](bool) { revoked(); },
            .end = [this](auto partition, auto end) { gathered_.skip_to(partition, end); },
            .out_of_range = [this](auto) { waiting_ = owned_; },  // find_starts() says why
            .spoiled = [this](auto partition, const auto& why) { spoiled(partition, why); }};
  }

  void assigned(const std::vector<std::int32_t>& partitions) {
    membership_.inside(Clock::now());
    owned_ = partitions;
    waiting_ = partitions;
    gathered_.start({});
    consumed_.gaps.clear();
    relay_.activate(std::ranges::find(partitions, relay_partition) != partitions.end());
  }

  // What is in hand is dropped: its next owner reads it again, and if our commit was faster, the
  // ledger's progress tells it so.
  void revoked() {
    membership_.outside(Clock::now());
    owned_.clear();
    waiting_.reset();
    gathered_.start({});
    relay_.activate(false);
  }

  void report_gap(std::int32_t partition, std::int64_t offset) {
    if (!consumed_.gaps.insert(partition).second) return;
    options_.log->error(
        "DATA GAP: the ledger goes on at offset {} of partition {} of '{}', which the broker does "
        "not have. The partition stands still; \"couponctl audit\" shows what is missing",
        offset, partition, options_.topic);
  }

  // What was read before is still written; what comes behind waits until a person has looked, or
  // another replica leads, and the consumer is started again.
  void spoiled(std::int32_t partition, const std::string& why) {
    const auto next = gathered_.next().find(partition);
    if (next == gathered_.next().end()) return;
    if (consumed_.gaps.insert(partition).second)
      options_.log->error(
          "SPOILED: what the broker has from offset {} of partition {} of '{}' on cannot be read: "
          "{}. The partition stands still: mend the broker, or let another replica lead, and start "
          "this again",
          next->second, partition, options_.topic, why);
    restart();
  }

  // Starts what the group gave us, once database and broker have said where.
  void start_partitions() {
    if (!waiting_ || Clock::now() < kafka_back_off_.due()) return;
    const auto offsets = find_starts(*waiting_);
    if (!offsets) return;
    gathered_.start(*offsets);
    const auto started = restart();
    waiting_.reset();
    ledger_look_due_ = Clock::now() + ledger_look_every;
    if (!std::exchange(ready_, true)) observer_.ready();
    observer_.started(started);
  }

  // Reads on, from where it returns: not in partitions that stand still.
  Offsets restart() {
    auto offsets = gathered_.next();
    for (const auto partition : consumed_.gaps) offsets.erase(partition);
    if (const auto started = consumer_.start(offsets); !started)
      throw Failure(Exit::runtime, started.error().text);
    return offsets;
  }

  // Our own progress, else the group's offset, else the oldest message; without those partitions
  // of which the broker has lost something. nullopt: a server did not answer.
  std::optional<Offsets> find_starts(const std::vector<std::int32_t>& partitions) {
    auto progress = database_.attempt(Database::Work::reads,
                                      [](ledger::Ledger& ledger) { return ledger.progress(); });
    if (!progress) return std::nullopt;
    const auto committed = ask_kafka(consumer_.committed(partitions, kafka_question_max));
    const auto ends = ask_kafka(admin_.watermarks(options_.topic));
    if (!committed || !ends) return std::nullopt;
    Offsets starts;
    for (const auto partition : partitions) {
      const auto marks = ends->find(partition);
      if (marks == ends->end()) return std::nullopt;  // it is too new
      const auto low = marks->second.low;
      const auto ours = progress->find(partition);
      const auto groups = committed->find(partition);
      const auto offset = ours != progress->end()      ? ours->second
                          : groups != committed->end() ? groups->second
                                                       : low;
      if (offset > marks->second.high)
        throw is_cut(partition, ours != progress->end(), offset, marks->second.high);
      if (offset < low)
        report_gap(partition, offset);
      else
        starts[partition] = offset;
    }
    return begin(std::move(starts));
  }

  Failure is_cut(std::int32_t partition, bool ours, std::int64_t offset, std::int64_t end) const {
    return {
        Exit::runtime,
        fmt::format("kafka cluster {}, topic '{}', partition {}: {} says that everything before "
                    "offset {} was read, and the partition ends at {}: the topic was made anew "
                    "or has lost messages",
                    cluster_, options_.topic, partition, ours ? "kafka_progress" : "the group",
                    offset, end),
        ours ? "Nothing more was written. \"couponctl recover\" has the topic read again, which "
               "gives nobody a second coupon"
             : "Nothing more was written. Start with another --group"};
  }

  // Records where partitions without progress begin. Another consumer may have been faster.
  std::optional<Offsets> begin(Offsets starts) {
    return database_.attempt(
        Database::Work::writes, [&](ledger::Ledger& ledger) -> Result<Offsets> {
          for (const auto& [partition, offset] : starts)
            if (auto begun = ledger.begin_partition(partition, offset); !begun)
              return begun.error();
          const auto progress = ledger.progress();
          if (!progress) return progress.error();
          for (auto& [partition, offset] : starts) {
            const auto begun = progress->find(partition);
            if (begun == progress->end())
              return core::Error{
                  core::Fault::refused, {}, "mysql: the progress was deleted as it was made"};
            offset = begun->second;
          }
          return starts;
        });
  }

  // Reads until the batch is full or has waited long enough, or there is something to start; while
  // it cannot be written, nothing.
  void gather(const std::stop_token& stop) {
    if (const auto wait = time_until_written(); wait > 0ms) return hold(wait);
    consumer_.resume();
    const auto size_max = std::min(options_.batch_messages_max, throttle_.burst());
    for (auto end = Clock::now() + poll_max; !stop.stop_requested();) {
      const bool first = gathered_.empty();
      poll(round_up(end - Clock::now()));
      if (gathered_.size() >= size_max || gathered_.size_bytes() >= batch_bytes_max) return;
      const auto now = Clock::now();
      if (first && !gathered_.empty()) end = now + gather_max;
      if (now >= end || waiting_) return;
    }
  }

  // How long the batch in hand has to wait for the database, or for its share of the rate.
  milliseconds time_until_written() {
    if (gathered_.empty()) return 0ms;
    const auto now = Clock::now();
    const auto rows = std::min(gathered_.size(), throttle_.burst());
    return std::max(round_up(database_.due() - now),
                    round_up(throttle_.wait(rows, now.time_since_epoch())));
  }

  void hold(milliseconds wait) {
    if (!database_.backs_off() && wait <= poll_max) return std::this_thread::sleep_for(wait);
    consumer_.pause();
    poll(std::min<milliseconds>(wait, poll_max));
  }

  void poll(milliseconds timeout) {
    auto message = consumer_.poll(timeout);
    const auto now = Clock::now();
    if (!message) {
      kafka_back_off_.failed(message.error().text, now);
    } else if (*message) {
      kafka_back_off_.over(now);
      gathered_.add(**std::move(message), options_.default_campaign);
    }
  }

  void write() {
    if (time_until_written() > 0ms) return;
    kill_point("consume.gathered");
    const auto batch = gathered_.batch();
    const auto begun_at = Clock::now();
    const auto written = database_.attempt(
        Database::Work::writes, [&](ledger::Ledger& ledger) { return ledger.write(batch); });
    if (!written) return;
    if (!written->conflicts.empty()) return resolve(written->conflicts, batch);
    throttle_.take(gathered_.size(), begun_at.time_since_epoch(), Clock::now() - begun_at);
    consumed_.read += gathered_.size();
    consumed_.issued += written->issued;
    consumed_.duplicate += written->duplicate;
    for (const auto& [failure, count] : written->failed) consumed_.failed[failure] += count;
    report_unknown(written->unknown);
    observer_.landed({gathered_.messages(), batch, *written});
    Offsets ends;
    for (const auto& range : batch.ranges) ends[range.partition] = range.end;
    gathered_.written();
    kill_point("consume.written");
    consumer_.commit(ends);
    kill_point("consume.committed");
  }

  // Whoever is behind such a message was told that they have won.
  void report_unknown(const std::set<std::string>& campaigns) {
    for (const auto& campaign : campaigns)
      if (unknown_.insert(campaign).second)
        options_.log->error(
            "messages of campaign {0} arrive, and the database does not know it, or not that "
            "epoch of it: they are kept as failed events (UNKNOWN_CAMPAIGN). Is --mysql the "
            "database that it was opened on? If that one is lost, \"couponctl audit --campaign "
            "{0}\" says what to do",
            campaign);
  }

  // The ledger stands elsewhere than we thought: an earlier commit had landed, or another consumer
  // shares the partition, or the database lost commits. Go on from there.
  void resolve(const std::map<std::int32_t, std::int64_t>& conflicts, const ledger::Batch& batch) {
    bool elsewhere = false;
    for (const auto& range : batch.ranges) {
      const auto conflict = conflicts.find(range.partition);
      if (conflict == conflicts.end()) continue;
      elsewhere = elsewhere || conflict->second != range.end;
      gathered_.move(range.partition, conflict->second);
    }
    if (elsewhere) restart();
  }

  // While nothing comes, nothing else would tell that the database failed over and lost commits.
  void look_whether_ledger_moved() {
    if (waiting_ || Clock::now() < ledger_look_due_) return;
    ledger_look_due_ = Clock::now() + ledger_look_every;
    const auto progress = database_.attempt(
        Database::Work::reads, [](ledger::Ledger& ledger) { return ledger.progress(); });
    if (!progress) return;
    for (const auto& [partition, next] : gathered_.next()) {
      const auto recorded = progress->find(partition);
      if (recorded != progress->end() && recorded->second != next) waiting_ = owned_;
    }
  }

  // While there is nothing to do, the end is near.
  bool is_time_to_look() const {
    const bool ends_soon = options_.until_drained && gathered_.empty();
    if (!ends_soon && (options_.progress_interval == 0ms || !ready_)) return false;
    return Clock::now() >= looked_at_ + (ends_soon ? look_every : options_.progress_interval);
  }

  // Whether that is all that there was to do; sets consumed_.drained. The outbox first: whoever
  // leaves it is on the topic by then. The ends last: a faster consumer must not look as if it had
  // read beyond them.
  bool look_what_is_left() {
    const auto outbox = relay_.outbox_entries();
    const auto progress = database_.attempt(
        Database::Work::reads, [](ledger::Ledger& ledger) { return ledger.progress(); });
    const auto ends = ask_kafka(admin_.watermarks(options_.topic));
    looked_at_ = Clock::now();  // the questions themselves may take long
    if (!outbox || !ends || !progress) return false;
    std::int64_t left = *outbox;
    bool begun = true;
    Offsets elsewhere;
    if (*outbox > 0 && !is_ours(relay_partition)) elsewhere[relay_partition] = 0;
    for (const auto& [partition, marks] : *ends) {
      const auto found = progress->find(partition);
      const auto next = found == progress->end() ? marks.low : found->second;
      if (next > marks.high) throw is_cut(partition, true, next, marks.high);
      if (next < marks.low && (options_.until_drained || is_ours(partition)))
        report_gap(partition, next);
      if (consumed_.gaps.contains(partition)) continue;
      begun = begun && found != progress->end();
      left += marks.high - std::max(next, marks.low);
      if (marks.high > next && !is_ours(partition)) elsewhere[partition] = next;
    }
    observer_.progressed(consumed_, left);
    if (!options_.until_drained) return false;
    say_who_holds(std::move(elsewhere));
    consumed_.drained = begun && left == 0;
    if (consumed_.drained) observer_.drained();
    return consumed_.drained;
  }

  bool is_ours(std::int32_t partition) const {
    return std::ranges::find(owned_, partition) != owned_.end();
  }

  // Others of the group may be at work on them for the same database, and then they move.
  void say_who_holds(Offsets elsewhere) {
    const auto now = Clock::now();
    if (!membership_.is_inside()) elsewhere.clear();  // whom they belong to is being settled
    if (elsewhere != elsewhere_) {
      elsewhere_ = std::move(elsewhere);
      elsewhere_since_ = now;
    }
    if (elsewhere_.empty() || said_who_holds_ || now < elsewhere_since_ + held_max) return;
    said_who_holds_ = true;
    const auto members =
        kafka::members(options_.kafka, options_.group, options_.topic, kafka_question_max);
    std::vector<std::int32_t> partitions;
    for (const auto& [partition, next] : elsewhere_) partitions.push_back(partition);
    options_.log->warn(
        "partition {} of '{}' has what this database lacks, and is held by others, who do not "
        "write it there. In group {}: {}. Stop them, or give each deployment a --topic and a "
        "--group of its own",
        fmt::join(partitions, ", "), options_.topic, options_.group,
        members ? kafka::describe(*members) : members.error().text);
  }

  template <class T>
  std::optional<T> ask_kafka(Result<T> answer) {
    if (!answer) {
      kafka_back_off_.failed(answer.error().text, Clock::now());
      return std::nullopt;
    }
    kafka_back_off_.over(Clock::now());
    return *std::move(answer);
  }

  const ConsumeOptions& options_;
  const std::string cluster_;
  const ConsumeObserver& observer_;
  const Clock::time_point began_ = Clock::now();
  Consumed consumed_;
  Database database_;
  Relay relay_;
  Throttle throttle_;
  BackOff kafka_back_off_;
  Membership membership_;
  std::vector<std::int32_t> owned_;                   // given by the group
  std::optional<std::vector<std::int32_t>> waiting_;  // of them, not yet started
  bool ready_ = false;
  std::set<std::string> unknown_;  // campaigns that the log has told of
  Offsets elsewhere_;  // where partitions stand that others hold, as far as something is left
  Clock::time_point elsewhere_since_{};
  bool said_who_holds_ = false;
  Clock::time_point looked_at_{};
  Clock::time_point ledger_look_due_{};
  Gathered gathered_;
  kafka::Admin admin_;
  kafka::Consumer consumer_;  // last: its end still calls revoked()
};

}  // namespace

Consumed consume(const ConsumeOptions& options, const ConsumeObserver& observer,
                 const std::stop_token& stop) {
  auto with_log = options;
  if (!with_log.log) with_log.log = std::make_shared<spdlog::logger>("quiet");  // it has no sink
  const auto cluster = kafka::cluster_id(options.kafka, start_max, stop);
  if (stop.stop_requested()) return {};
  servers::connected(cluster, options.kafka);
  require_topic(options);
  return Consumption(with_log, *cluster, observer).run(stop);
}

}  // namespace couponctl::issuance
