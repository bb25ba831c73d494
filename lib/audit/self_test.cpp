#include "audit/self_test.h"

#include <cstdint>
#include <optional>

#include "audit/scratch.h"

namespace couponctl::audit {
namespace {

struct Anomaly {
  std::string name;
  std::set<std::string> rules;
  std::vector<std::string> sql = {};
  std::vector<std::string> redis = {};
};

std::string coupon(const std::string& values) {
  return "INSERT INTO coupon (campaign_id, epoch, cap, slot, user_id, seq) VALUES " + values;
}

std::string event(const std::string& values) {
  return "INSERT INTO failed_event (cluster, topic, part, off, class, campaign, epoch, user_id, "
         "seq, length, status) VALUES ('{cluster}', '{topic}', 0, " +
         values + ")";
}

constexpr const char* drop_check = "ALTER TABLE coupon DROP CONSTRAINT coupon_slot";
constexpr const char* drop_quota_key = "ALTER TABLE coupon DROP FOREIGN KEY coupon_campaign";
constexpr const char* drop_user_key = "ALTER TABLE coupon DROP KEY uk_user";
constexpr const char* drop_slot_key =
    "ALTER TABLE coupon ADD KEY of_campaign (campaign_id, epoch, cap), DROP PRIMARY KEY";

// Rows that the database refuses are planted after the key or the check in their way was dropped,
// which is an anomaly of its own: refusals.
std::vector<Anomaly> in_the_tables() {
  return {
      {"slot above the quota", {"cap", "refusals"}, {drop_check, coupon("({id},1,10,11,500,0)")}},
      {"more coupons than the quota",
       {"cap", "refusals"},
       {drop_check, coupon("({id},1,10,6,506,0),({id},1,10,7,507,0),({id},1,10,8,508,0),"
                           "({id},1,10,9,509,0),({id},1,10,10,510,0),({id},1,10,11,511,0)")}},
      {"slot below 1", {"cap", "refusals"}, {drop_check, coupon("({id},1,10,0,500,0)")}},
      {"slot given out twice", {"cap", "refusals"}, {drop_slot_key, coupon("({id},1,10,1,500,0)")}},
      {"coupons of an epoch that there is not",
       {"cap", "refusals"},
       {drop_quota_key, coupon("({id},9,10,1,500,0)")}},
      {"two coupons for a user",
       {"one-each", "refusals"},
       {drop_user_key, coupon("({id},1,10,6,1,1)")}},
      {"no check of the slot", {"refusals"}, {drop_check}},
      {"no key to the quota", {"refusals"}, {drop_quota_key}},
      {"no unique key of the user", {"refusals"}, {drop_user_key}},
      {"coupon row deleted", {"none-lost"}, {"DELETE FROM coupon WHERE user_id = 1"}},
      {"coupon of one never admitted", {"admitted"}, {coupon("({id},1,10,6,500,50)")}},
      {"coupon with another seq", {"admitted"}, {"UPDATE coupon SET seq = 40 WHERE user_id = 2"}},
      {"failed event deleted", {"none-lost"}, {"DELETE FROM failed_event WHERE user_id = 5"}},
      {"event done without a coupon",
       {"failed"},
       {event("9, 'OVER_QUOTA', '{name}', 1, 500, 50, 8, 'done'")}},
      {"poison that is new", {"failed"}, {event("9, 'POISON', NULL, NULL, NULL, NULL, 3, 'new'")}},
      {"stale epoch that is new",
       {"failed"},
       {event("9, 'STALE_EPOCH', '{name}', 7, 500, 50, 8, 'new'")}},
      {"campaign row deleted",
       {"agree", "failed", "none-lost"},
       {"DELETE FROM coupon", "DELETE FROM campaign"}},
  };
}

std::vector<Anomaly> in_redis() {
  return {
      {"meta gone", {"agree"}, {}, {"DEL {meta}"}},
      {"everything gone", {"agree"}, {}, {"DEL {meta} {users} {outbox}"}},
      {"users gone", {"admitted", "count", "outbox"}, {}, {"DEL {users}"}},
      {"outbox gone", {"none-lost"}, {}, {"DEL {outbox}"}},
      {"meta is a string", {"form"}, {}, {"DEL {meta}", "SET {meta} x"}},
      {"users is a set", {"form"}, {}, {"DEL {users}", "SADD {users} 1"}},
      {"outbox is a list", {"form"}, {}, {"DEL {outbox}", "RPUSH {outbox} 1"}},
      {"seq is no number", {"form"}, {}, {"HSET {meta} seq abc"}},
      {"quota is negative", {"form"}, {}, {"HSET {meta} quota -3"}},
      {"quota is beyond any number", {"form"}, {}, {"HSET {meta} quota 1e400"}},
      {"recovered_seq is no number", {"form"}, {}, {"HSET {meta} recovered_seq x"}},
      {"state is no state", {"agree", "form"}, {}, {"HSET {meta} state ajar"}},
      {"user without a seq", {"form"}, {}, {"HSET {users} 3 garbage"}},
      {"user that is no number", {"form"}, {}, {"HSET {users} bob 8|0-1", "HINCRBY {meta} seq 1"}},
      {"another quota", {"agree"}, {}, {"HSET {meta} quota 9"}},
      {"another epoch", {"agree"}, {}, {"HSET {meta} epoch 2"}},
      {"another window", {"agree"}, {}, {"HSET {meta} closes_at 1700000000000"}},
      {"another state", {"agree"}, {}, {"HSET {meta} state closed"}},
      {"another server", {"agree"}, {}, {"HSET {meta} run_id 0123"}},
      {"more users than the quota", {"agree", "count"}, {}, {"HSET {meta} quota 5"}},
      {"seq without a user", {"count"}, {}, {"HINCRBY {meta} seq 1"}},
      {"another gap", {"count"}, {}, {"HSET {meta} gap 3"}},
      {"user deleted", {"admitted", "count"}, {}, {"HDEL {users} 1"}},
      {"user that is nowhere else",
       {"none-lost"},
       {},
       {"HSET {users} 600 8|0-1", "HINCRBY {meta} seq 1"}},
      {"two users with one seq",
       {"one-seq"},
       {"UPDATE coupon SET seq = 1 WHERE user_id = 2"},
       {"HSET {users} 2 1|0-1"}},
      {"seq that was never given out",
       {"one-seq"},
       {"UPDATE coupon SET seq = 99 WHERE user_id = 3"},
       {"HSET {users} 3 99|0-1"}},
      {"outbox entry without a meaning", {"outbox"}, {}, {"XADD {outbox} * nonsense x"}},
      {"outbox entry of another epoch",
       {"outbox"},
       {},
       {"XADD {outbox} * epoch 7 at 1700000000000 1 1"}},
      {"outbox entry of a user not known",
       {"outbox"},
       {},
       {"XADD {outbox} * epoch 1 at 1700000000000 777 8"}},
      {"outbox entry with another seq",
       {"outbox"},
       {},
       {"XADD {outbox} * epoch 1 at 1700000000000 1 44"}},
      {"outbox entry deleted before it was sent", {"none-lost"}, {}, {"XTRIM {outbox} MAXLEN 0"}},
      {"entry in quarantine", {"outbox"}, {}, {"RPUSH {quarantine} x"}},
  };
}

std::vector<Anomaly> on_the_topic() {
  const std::string progress = "UPDATE kafka_progress SET next_off = ";
  return {
      {"message skipped", {"none-lost"}, {progress + "next_off + 1 WHERE part = {part}"}},
      {"progress beyond the end", {"offsets"}, {progress + "next_off + 100 WHERE part = {other}"}},
      {"progress before the first message", {"offsets"}, {progress + "-1 WHERE part = {other}"}},
      {"partition that nobody reads",
       {"partitions"},
       {"DELETE FROM kafka_progress WHERE part = {part}"}},
      {"progress of a partition that there is not",
       {"partitions"},
       {"INSERT INTO kafka_progress (cluster, topic, part, next_off) VALUES ('{cluster}', "
        "'{topic}', 99, 5)"}},
  };
}

Planted judge(Scratch& scratch, std::string name, std::set<std::string> rules, Verdict wanted) {
  const auto result = audit(scratch.audit_options());
  Planted planted{.anomaly = std::move(name),
                  .rules = std::move(rules),
                  .found = {},
                  .verdict_wanted = wanted,
                  .verdict = result.verdict()};
  for (const auto& finding : result.findings)
    if (finding.violations > 0) planted.found.insert(finding.rule);
  return planted;
}

Planted plant(Scratch& scratch, const Anomaly& anomaly) {
  scratch.set_up(Baseline::under_way);
  for (const auto& statement : anomaly.sql) scratch.sql(statement);
  for (const auto& command : anomaly.redis) scratch.redis(command);
  return judge(scratch, anomaly.name, anomaly.rules, Verdict::violated);
}

// Where nothing is wrong nothing may be found.
std::vector<Planted> sound_baselines(Scratch& scratch) {
  std::vector<Planted> all;
  scratch.set_up(Baseline::at_rest);
  all.push_back(judge(scratch, "none: everything written", {}, Verdict::consistent));
  scratch.set_up(Baseline::under_way);
  all.push_back(judge(scratch, "none: outbox and topic hold some", {}, Verdict::in_flight));
  scratch.set_up(Baseline::incomplete);
  all.push_back(judge(scratch, "none: a failed event is new", {}, Verdict::incomplete));
  scratch.set_up(Baseline::at_rest);
  scratch.sql(coupon("({id},1,10,6,500,50)"));
  scratch.redis("HSET {meta} recovered_seq 50");
  all.push_back(judge(scratch, "none: a coupon that recover knew of", {}, Verdict::consistent));
  scratch.set_up(Baseline::at_rest);
  scratch.sql("UPDATE coupon SET seq = 9 WHERE user_id = 4");
  scratch.redis("HSET {meta} recovered_seq 3");
  all.push_back(judge(scratch,
                      "none: a coupon that recover did not know of, its user admitted again", {},
                      Verdict::consistent));
  scratch.set_up(Baseline::under_way);
  scratch.redis("HSET {meta} state recovering seq 99");
  all.push_back(judge(scratch, "none: a recover is at work", {}, Verdict::in_flight));
  scratch.set_up(Baseline::at_rest);
  scratch.move_group_ahead(1);
  all.push_back(judge(scratch, "none: the group is beyond the progress", {}, Verdict::group_ahead));
  return all;
}

}  // namespace

std::vector<Planted> self_test(const AuditOptions& servers, const std::stop_token& stop,
                               const std::function<void(const std::string&)>& note) {
  std::vector<Anomaly> anomalies;
  for (const auto& some : {in_the_tables(), in_redis(), on_the_topic()})
    anomalies.insert(anomalies.end(), some.begin(), some.end());
  for (const auto& text : Scratch::sweep(servers)) note(text);
  Scratch scratch(servers);
  auto all = sound_baselines(scratch);
  for (const auto& anomaly : anomalies) {
    if (stop.stop_requested()) break;
    servers.progress("anomalies", static_cast<std::int64_t>(all.size()),
                     static_cast<std::int64_t>(anomalies.size()));
    all.push_back(plant(scratch, anomaly));
  }
  return all;
}

}  // namespace couponctl::audit
