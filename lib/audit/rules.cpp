#include "audit/rules.h"

#include <fmt/format.h>

#include <array>

#include "admin/history.h"
#include "core/failure.h"
#include "core/parse.h"
#include "ledger/audit_rows.h"
#include "ledger/schema.h"
#include "ledger/schema_check.h"
#include "servers/exit.h"

namespace couponctl::audit {
namespace {

using core::Exit;
using core::Failure;
using core::quote;
using ledger::Campaign;
using ledger::State;
using servers::or_end;

// Lua's numbers are doubles, and the admission takes no larger ones.
constexpr std::int64_t exact_in_a_double_max = (std::int64_t{1} << 53) - 1;

void check_epoch(const ledger::EpochCount& rows, Findings& findings) {
  auto& cap = findings.cap;
  cap.examined += rows.coupons;
  findings.one_each.examined += rows.coupons;
  if (!rows.quota) {
    cap.violate(fmt::format("epoch {}: {} coupons of an epoch that there is not", rows.epoch,
                            rows.coupons));
    return;
  }
  if (rows.coupons > *rows.quota)
    cap.violate(
        fmt::format("epoch {}: {} coupons, quota {}", rows.epoch, rows.coupons, *rows.quota),
        rows.coupons - *rows.quota);
  if (rows.slot_min < 1)
    cap.violate(fmt::format("epoch {}: slot {} is below 1", rows.epoch, rows.slot_min));
  if (rows.slot_max > *rows.quota)
    cap.violate(
        fmt::format("epoch {}: slot {} is above {}", rows.epoch, rows.slot_max, *rows.quota));
}

void check_repeated(mysql::Connection& database, const Campaign& campaign, ledger::Column column,
                    std::string_view what, Finding& finding) {
  for (const auto& found : or_end(ledger::repeated(database, campaign.id, column, examples_max)))
    finding.violate(
        fmt::format("epoch {}: {} {} has {} coupons", found.epoch, what, found.value, found.rows));
}

std::string moment_or_none(std::int64_t ms) { return ms == 0 ? "none" : std::to_string(ms); }

void check_state(const RedisView& view, const Campaign& row, Finding& agree) {
  const auto state = view.field("state");
  if (state == ledger::name(row.state)) return;
  agree.hint = fmt::format(
      "Run \"couponctl campaign open {0}\" or \"couponctl campaign close {0}\" again: one of them "
      "was not finished",
      row.name);
  agree.violate(
      fmt::format("it is {} in Redis and {} in the database", state, ledger::name(row.state)));
}

void check_terms(const RedisView& view, const Campaign& row, Finding& agree) {
  const auto compare = [&](const std::string& field, std::int64_t in_database) {
    const auto in_redis = view.number(field);
    if (in_redis && *in_redis != in_database)
      agree.violate(fmt::format(
          "{} is {} in Redis and {} in the database", field,
          field.ends_with("_at") ? moment_or_none(*in_redis) : std::to_string(*in_redis),
          field.ends_with("_at") ? moment_or_none(in_database) : std::to_string(in_database)));
  };
  compare("quota", row.quota);
  if (view.number("quota") && *view.number("quota") != row.quota)
    agree.hint = fmt::format("Run \"couponctl campaign set-quota N --campaign {}\"", row.name);
  compare("opens_at", row.window.opens_at_ms);
  compare("closes_at", row.window.closes_at_ms);
}

}  // namespace

Findings::Findings(const std::string& campaign) {
  const auto recover = fmt::format("Run \"couponctl recover --campaign {}\"", campaign);
  const std::string by_hand =
      "The tables were altered: find out by whom before anything is issued, and restore the keys "
      "of the migration";
  const auto fill = [](Finding& finding, const char* rule, const char* claim,
                       const std::string& hint) {
    finding.rule = rule;
    finding.claim = claim;
    finding.hint = hint;
  };
  fill(cap, "cap", "No epoch has more coupons than its quota; each slot is 1 to quota, once",
       by_hand);
  fill(one_each, "one-each", "Nobody holds two coupons of one epoch", by_hand);
  fill(refusals, "refusals", "The database itself refuses slot N+1 and a second coupon", by_hand);
  fill(form, "form", "Redis's keys have their types, and what is in them can be read", recover);
  fill(agree, "agree", "Redis and the database agree on epoch, quota, window and state", recover);
  fill(count, "count", "Redis holds as many users as it has admitted, and no more than the quota",
       recover);
  fill(one_seq, "one-seq", "Each user in Redis has a number of admission of their own", recover);
  fill(none_lost, "none-lost",
       "Whoever Redis admitted has a coupon, a failed event, or is under way", recover);
  fill(admitted, "admitted", "Whoever has a coupon was admitted, with the same number", recover);
  fill(outbox, "outbox", "Every outbox entry can be read and is of users whom Redis knows",
       "Look at the entries in Redis: a winner that they name must not be lost. " + recover +
           " if Redis has lost users");
  fill(failed, "failed", "A failed event that is done has its coupon; a hopeless one is not new",
       "Run \"couponctl replay-failed\" if the row was meant to be tried again, and mend what was "
       "changed by hand");
  fill(partitions, "partitions", "The recorded progress covers the partitions that there are",
       "Run \"couponctl consume\", which begins a partition that was added; a topic that was made "
       "anew needs a new name");
  fill(offsets, "offsets", "Every partition reaches from the recorded progress on",
       "Messages were deleted before they were written, or the topic was made anew: " + recover +
           " once it is the right topic");
}

std::vector<Finding> Findings::in_order() const {
  return {cap,       one_each, refusals, form,   agree,      count,  one_seq,
          none_lost, admitted, outbox,   failed, partitions, offsets};
}

void check_rows(mysql::Connection& database, const Campaign& campaign, Findings& findings) {
  bool slot_twice = false;
  bool user_twice = false;
  for (const auto& rows : or_end(ledger::count_by_epoch(database, campaign.id))) {
    check_epoch(rows, findings);
    slot_twice = slot_twice || rows.slots < rows.coupons;
    user_twice = user_twice || rows.users < rows.coupons;
  }
  if (slot_twice) check_repeated(database, campaign, ledger::Column::slot, "slot", findings.cap);
  if (user_twice)
    check_repeated(database, campaign, ledger::Column::user_id, "user", findings.one_each);
}

void check_refusals(mysql::Connection& database, Finding& refusals) {
  try {
    ledger::require_schema(database);
    if (!ledger::prove_refusals(database))
      refusals.violate("a slot above the quota is let through");
    refusals.examined = 1;
  } catch (const Failure& failure) {
    // Without the right to try, or behind a lock, it was not refused either.
    if (failure.exit() != Exit::usage) return refusals.note(fmt::format("{}", failure.what()));
    refusals.violate(failure.what());
    refusals.examined = 1;
  }
}

void check_form(const RedisView& view, Finding& form) {
  const std::array<std::pair<const char*, const char*>, 3> types{
      {{"meta", "hash"}, {"users", "hash"}, {"outbox", "stream"}}};
  for (const auto& [key, wanted] : types) {
    const auto& type = view.types.at(key);
    if (type == "none") continue;
    ++form.examined;
    if (type != wanted) form.violate(fmt::format("{} is a {}, not a {}", key, type, wanted));
  }
  if (!view.has_meta()) return;
  for (const auto* name :
       {"quota", "opens_at", "closes_at", "epoch", "seq", "gap", "outbox_max", "recovered_seq"}) {
    const auto text = view.field(name);
    if (text.empty() && std::string_view(name) == "recovered_seq") continue;
    ++form.examined;
    const auto number = core::whole_number(text);
    if (!number || *number > exact_in_a_double_max)
      form.violate(fmt::format("{} is {}, not a whole number", name, quote(text)));
  }
  ++form.examined;
  const auto state = view.field("state");
  if (state != "open" && state != "closed" && !view.is_unsettled())
    form.violate(fmt::format("state is {}", quote(state)));
}

void check_agreement(const RedisView& view, const std::optional<Campaign>& row, Finding& agree) {
  agree.examined = 1;
  const auto epoch = view.number("epoch");
  if (!row || (epoch && *epoch > row->epoch)) {
    agree.hint = admin::ways_out(view.campaign);
    return agree.violate(
        epoch ? fmt::format("Redis holds epoch {}, and {}", *epoch, admin::database_knows(row))
              : "Redis holds something of it, and " + admin::database_knows(row));
  }
  if (view.types.at("meta") == "none") {
    if (!view.is_empty() || row->state != State::fresh)
      agree.violate(
          fmt::format("Redis has forgotten the campaign, which is at epoch {}", row->epoch));
    return;
  }
  if (!view.has_meta()) return;  // that is a matter of form
  if (epoch && *epoch != row->epoch && view.field("state") != "resetting")
    return agree.violate(
        fmt::format("epoch is {} in Redis and {} in the database", *epoch, row->epoch));
  if (view.is_unsettled()) return;
  if (view.field("run_id") != view.run_id)
    return agree.violate("FENCED: Redis was restarted or replaced since the campaign was opened");
  check_state(view, *row, agree);
  check_terms(view, *row, agree);
}

void check_count(const RedisView& view, Finding& count) {
  count.examined = 1;
  const auto seq = *view.number("seq");
  const auto gap = *view.number("gap");
  const auto quota = *view.number("quota");
  if (view.admitted != seq - gap)
    count.violate(fmt::format("{} users, but seq {} less gap {} makes {}", view.admitted, seq, gap,
                              seq - gap));
  if (view.admitted > quota) count.violate(fmt::format("{} users, quota {}", view.admitted, quota));
}

void check_partitions(const TopicView& backlog, Finding& partitions) {
  partitions.examined = static_cast<std::int64_t>(backlog.highs.size());
  for (const auto& [partition, offset] : backlog.progress)
    if (!backlog.highs.contains(partition))
      partitions.violate(
          fmt::format("partition {} has progress {} and does not exist", partition, offset));
  // A topic that nobody has read yet has no progress at all.
  for (const auto& [partition, high] : backlog.highs)
    if (!backlog.progress.empty() && !backlog.progress.contains(partition) &&
        high > backlog.lows.at(partition))
      partitions.violate(fmt::format("partition {} holds messages and has no progress", partition));
  if (backlog.progress.empty() && backlog.lag > 0)
    partitions.note("nobody has written anything of this topic yet");
  if (!backlog.has_topic) partitions.note("there is no such topic");
}

bool check_offsets(const TopicView& backlog, Finding& offsets) {
  bool is_ahead = false;
  for (const auto& [partition, next] : backlog.progress) {
    if (!backlog.highs.contains(partition)) continue;
    ++offsets.examined;
    if (const auto low = backlog.lows.at(partition); next < low)
      offsets.violate(fmt::format("partition {} begins at {}, and was written up to {} only",
                                  partition, low, next));
    if (const auto high = backlog.highs.at(partition); next > high)
      offsets.violate(
          fmt::format("partition {} ends at {}, before the progress {}", partition, high, next));
    const auto group = backlog.committed.find(partition);
    if (group == backlog.committed.end() || group->second <= next) continue;
    is_ahead = true;
    offsets.note(fmt::format("partition {}: the group's offset {} is beyond the progress {}",
                             partition, group->second, next));
  }
  return is_ahead;
}

}  // namespace couponctl::audit
