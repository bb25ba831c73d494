#include "audit/scratch.h"

#include <fmt/format.h>

#include <thread>

#include "admin/campaigns.h"
#include "admin/stores.h"
#include "core/failure.h"
#include "kafka/consumer.h"
#include "ledger/schema.h"
#include "servers/exit.h"

namespace couponctl::audit {
namespace {

using core::Exit;
using core::or_throw;
using core::UserId;
using issuance::Admission;
using issuance::CampaignKeys;
using issuance::Winner;
using servers::Belonging;
using servers::drop_scratch;
using servers::make_scratch;
using servers::note_belongings;
using servers::or_end;
using servers::ScratchNumber;
using servers::sweep_scratch;
using servers::unlink_keys;
using namespace std::chrono_literals;

constexpr auto broker_answers_within = 30s;
constexpr const char* scratch_prefix = "couponctl_audit_";
constexpr auto commit_poll_interval = 20ms;
constexpr std::int64_t quota = 10;
constexpr int partitions = 2;
constexpr const char* rights =
    "The self-test needs the right to make and remove databases and topics named "
    "couponctl_audit_*";

redis::Client connect(const redis::Address& address) {
  return or_throw(redis::Client::connect(address), Exit::unreachable);
}

}  // namespace

Scratch::Area::Area(const AuditOptions& servers)
    : servers_{servers.redis, servers.kafka, servers.mysql},
      number_(or_throw(ScratchNumber::claim(servers.mysql, scratch_prefix), Exit::unreachable)),
      name_(number_.name("test")) {
  or_throw(make_scratch(servers_.mysql, name_), Exit::runtime, rights);
}

Scratch::Area::~Area() {
  // What cannot be removed now is swept by the next self-test.
  static_cast<void>(
      drop_scratch(servers_, name_, std::chrono::steady_clock::now() + broker_answers_within));
}

mysql::Address Scratch::Area::database() const {
  auto address = servers_.mysql;
  address.database = name_;
  return address;
}

Scratch::Scratch(const AuditOptions& servers)
    : options_(servers),
      cluster_(
          or_throw(kafka::cluster_id(servers.kafka, broker_answers_within), Exit::unreachable)),
      area_(servers),
      admin_(servers.kafka),
      handover_({.brokers = servers.kafka, .topic = area_.name(), .linger = 0ms}),
      redis_(connect(servers.redis)) {
  options_.mysql = area_.database();
  options_.topic = area_.name();
  options_.progress = [](auto, auto, auto) {};
  // Nothing moves here: what looks wrong is wrong.
  options_.rechecks_max = 1;
  options_.recheck_pause = 0ms;
  or_end(note_belongings(options_.mysql, area_.name(), Belonging::kafka_topic, {area_.name()}));
  or_throw(admin_.create_topic(area_.name(), partitions), Exit::unreachable, rights);
}

std::vector<std::string> Scratch::sweep(const AuditOptions& servers) {
  return sweep_scratch({servers.redis, servers.kafka, servers.mysql}, scratch_prefix);
}

void Scratch::set_up(Baseline baseline) {
  if (!has_tables_) make_tables();
  empty_tables();
  name_campaign();
  const admin::Stores stores{*database_, redis_};
  campaign_id_ =
      admin::open(stores, options_.campaign, {.quota = quota}, admin::no_epoch_named).campaign.id;
  for (const auto& [partition, end] : ends())
    sql(
        fmt::format("INSERT INTO kafka_progress (cluster, topic, part, next_off) VALUES "
                    "('{{cluster}}', '{{topic}}', {}, {})",
                    partition, end));
  write_rows(baseline);
  admit_users(baseline);
}

AuditOptions Scratch::audit_options() const { return options_; }

void Scratch::sql(const std::string& statement) {
  const auto text = fill(statement);
  if (text.starts_with("ALTER")) has_tables_ = false;
  or_end(database_->execute(text));
}

void Scratch::redis(const std::string& command) {
  const auto text = fill(command);
  std::vector<std::string_view> words;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find(' '), rest.size());
    words.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  or_end(redis_.command(words));
}

void Scratch::move_group_ahead(std::int64_t messages) {
  kafka::Consumer beside(
      {options_.kafka, options_.group, options_.topic,
       kafka::ConsumerEvents{[](const auto&) {}, [](bool) {}, [](auto, auto) {}, [](auto) {}},
       false});
  auto offsets = ends();
  for (auto& [partition, offset] : offsets) offset += messages;
  beside.commit(offsets);
  for (const auto deadline = std::chrono::steady_clock::now() + broker_answers_within;
       std::chrono::steady_clock::now() < deadline;
       std::this_thread::sleep_for(commit_poll_interval))
    if (const auto known = beside.committed({0, 1}, broker_answers_within);
        known && *known == offsets)
      return;
  throw core::Failure(Exit::runtime, "kafka: the group's offsets were not committed in time");
}

std::string Scratch::fill(std::string text) const {
  const CampaignKeys keys(options_.campaign);
  const std::pair<std::string, std::string> names[] = {
      {"{id}", std::to_string(campaign_id_)},
      {"{name}", options_.campaign},
      {"{cluster}", cluster_},
      {"{topic}", options_.topic},
      {"{meta}", keys.meta},
      {"{users}", keys.users},
      {"{outbox}", keys.outbox},
      {"{quarantine}", keys.quarantine},
      {"{part}", std::to_string(partition_of_message_)},
      {"{other}", std::to_string(1 - partition_of_message_)}};
  for (const auto& [name, value] : names)
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name))
      text.replace(at, name.size(), value);
  return text;
}

std::map<std::int32_t, std::int64_t> Scratch::ends() {
  std::map<std::int32_t, std::int64_t> ends;
  for (const auto& [partition, mark] : or_throw(admin_.watermarks(area_.name()), Exit::unreachable))
    ends[partition] = mark.high;
  return ends;
}

// Whoever has altered a table wants all of them as they were.
void Scratch::make_tables() {
  database_ = or_throw(mysql::Connection::connect(options_.mysql), Exit::unreachable);
  or_end(database_->execute("SET SESSION foreign_key_checks = 0"));
  for (const auto& row : or_end(database_->query("SHOW TABLES")))
    if (const auto& table = row.at(0).value_or(""); table != "belongings")
      or_end(database_->execute(fmt::format("DROP TABLE `{}`", table)));
  // What this server may lose in a power cut does not matter here.
  ledger::migrate(options_.mysql, true);
  has_tables_ = true;
}

void Scratch::empty_tables() {
  database_ = or_throw(ledger::connect(options_.mysql), Exit::unreachable);
  for (const auto* table : {"coupon", "failed_event", "kafka_progress", "campaign"})
    or_end(database_->execute(fmt::format("DELETE FROM {}", table)));
}

// The keys of the one before go.
void Scratch::name_campaign() {
  const auto keys_of_it = [&] {
    const CampaignKeys keys(options_.campaign);
    return std::vector<std::string>{keys.meta, keys.users, keys.outbox, keys.quarantine};
  };
  if (campaigns_ > 0) or_end(unlink_keys(options_.redis, keys_of_it()));
  options_.campaign = fmt::format("{}-{}", area_.name(), ++campaigns_);
  options_.group = options_.campaign;
  or_end(note_belongings(options_.mysql, area_.name(), Belonging::redis_key, keys_of_it()));
}

void Scratch::admit_users(Baseline baseline) {
  auto admission = or_end(Admission::connect(options_.redis));
  const auto admit = [&](const std::vector<UserId>& users) {
    return or_end(admission.admit(options_.campaign, users));
  };
  std::vector<std::string> entries;
  const std::vector<UserId> served{UserId{1}, UserId{2}, UserId{3}, UserId{4}, UserId{5}};
  entries.push_back(admit(served).answers.front().entry_id);
  if (baseline == Baseline::under_way) {
    const auto admitted = admit({UserId{6}});
    const auto& answer = admitted.answers.front();
    send({options_.campaign, admitted.epoch, UserId{6}, answer.seq, admitted.at_ms});
    entries.push_back(answer.entry_id);
    admit({UserId{7}});
  }
  or_end(admission.forget(options_.campaign, entries));
}

void Scratch::write_rows(Baseline baseline) {
  sql("INSERT INTO coupon (campaign_id, epoch, cap, slot, user_id, seq) VALUES ({id}, 1, 10, 1, 1, "
      "1), ({id}, 1, 10, 2, 2, 2), ({id}, 1, 10, 3, 3, 3), ({id}, 1, 10, 4, 4, 4), "
      "({id}, 1, 10, 5, 1001, 0)");
  sql(fmt::format(
      "INSERT INTO failed_event (cluster, topic, part, off, class, campaign_id, "
      "campaign, epoch, user_id, seq, length, status) VALUES "
      "('{{cluster}}', '{{topic}}', 0, 0, 'OVER_QUOTA', {{id}}, '{{name}}', 1, 4, 4, 8, "
      "'done'), ('{{cluster}}', '{{topic}}', 0, 1, 'REJECTED_ROW', {{id}}, "
      "'{{name}}', 1, 5, 5, 8, '{}')",
      baseline == Baseline::incomplete ? "new" : "rejected"));
}

void Scratch::send(const Winner& winner) {
  const auto before = ends();
  const auto sent = handover_.send(std::span(&winner, 1),
                                   std::chrono::steady_clock::now() + broker_answers_within);
  if (!sent.front())
    throw core::Failure(Exit::unreachable, "kafka: a message was not acknowledged in time");
  for (const auto& [partition, end] : ends())
    if (end != before.at(partition)) partition_of_message_ = partition;
}

}  // namespace couponctl::audit
