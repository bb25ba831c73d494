#include "audit/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "admin/history.h"
#include "audit/rules.h"
#include "audit/scan.h"
#include "audit/snapshot.h"
#include "core/failure.h"
#include "kafka/group.h"
#include "ledger/campaigns.h"
#include "ledger/schema.h"
#include "servers/connect.h"
#include "servers/exit.h"

namespace couponctl::audit {
namespace {

using core::Exit;
using core::Failure;
using ledger::Campaign;
using servers::or_end;

constexpr int attempts_max = 3;
constexpr int no_such_table = 1146;
constexpr std::chrono::seconds members_timeout{10};

std::optional<Campaign> find(mysql::Connection& database, const std::string& name) {
  auto row = ledger::find_campaign(database, name);
  if (!row && mysql::is(row.error(), no_such_table))
    throw Failure(Exit::usage, row.error().text, "Run \"couponctl migrate\"");
  return or_end(std::move(row));
}

// One pass over all stores.
class Pass {
 public:
  explicit Pass(const AuditOptions& options)
      : options_(options), findings_(options.campaign), redis_(servers::connect(options_.redis)) {}

  Audit run() {
    look();
    check_form(view_, findings_.form);
    if (is_comparable()) check_count(view_, findings_.count);
    if (has_outbox())
      check_outbox(redis_, view_, options_, row_.epoch, findings_.outbox, under_way_);
    check_kafka();
    auto database = or_end(ledger::connect(options_.mysql));
    check_rows(database, row_, findings_);
    check_refusals(database, findings_.refusals);
    audit_.failed_new = check_failed(database, options_, row_, findings_.failed, under_way_);
    if (is_comparable() && has_outbox())
      check_users(redis_, database, view_, options_, row_, under_way_, findings_);
    if (is_comparable())
      audit_.coupons = check_admitted(redis_, database, view_, options_, row_, findings_.admitted);
    else
      audit_.coupons = row_.id == 0 ? 0 : or_end(ledger::count(database, row_)).coupons;
    look_again(database);
    return result();
  }

 private:
  // Redis, then the database. An administrative command changes one after the other, so that they
  // may differ for a moment.
  void look() {
    for (int recheck = 0;; ++recheck) {
      view_ = or_end(view_redis(redis_, options_.campaign));
      auto database = or_end(ledger::connect(options_.mysql));
      const auto row = find(database, options_.campaign);
      if (!row && view_.is_empty()) throw admin::no_such_campaign(options_.campaign);
      Finding agree = findings_.agree;
      check_agreement(view_, row, agree);
      if (agree.violations > 0 && recheck < options_.rechecks_max) {
        std::this_thread::sleep_for(options_.recheck_pause);
        continue;
      }
      findings_.agree = agree;
      row_ = row.value_or(
          Campaign{.epoch = view_.number("epoch").value_or(0), .name = options_.campaign});
      return;
    }
  }

  // Redis knows the campaign, whole and of the database's epoch, and nobody is changing that.
  bool is_comparable() const {
    const auto is_number = [&](const char* name) { return view_.number(name).has_value(); };
    return view_.has_meta() && view_.has_users() && !view_.is_unsettled() && is_number("quota") &&
           is_number("seq") && is_number("gap") && view_.number("epoch") == row_.epoch;
  }
  bool has_outbox() const {
    const auto& type = view_.types.at("outbox");
    return (type == "stream" || type == "none") && view_.has_users() && !view_.is_unsettled();
  }

  void check_kafka() {
    for (int recheck = 0;; ++recheck) {
      auto backlog = view_topic(options_, row_.epoch);
      Finding partitions = findings_.partitions;
      Finding offsets = findings_.offsets;
      check_partitions(backlog, partitions);
      audit_.group_ahead = check_offsets(backlog, offsets);
      if (partitions.violations + offsets.violations > 0 && recheck < options_.rechecks_max) {
        std::this_thread::sleep_for(options_.recheck_pause);
        continue;
      }
      findings_.partitions = partitions;
      findings_.offsets = offsets;
      if (audit_.group_ahead) note_members(findings_.offsets);
      under_way_.backlog = std::move(backlog.users);
      audit_.lag = backlog.lag;
      return;
    }
  }

  void note_members(Finding& offsets) const {
    const auto members =
        kafka::members(options_.kafka, options_.group, options_.topic, members_timeout);
    offsets.note(fmt::format("in group {}: {}", options_.group,
                             members ? kafka::describe(*members) : members.error().text));
  }

  void look_again(mysql::Connection& database) {
    const auto again = or_end(view_redis(redis_, options_.campaign));
    const auto row = find(database, options_.campaign);
    moved_ = again.is_unsettled() != view_.is_unsettled() || again.run_id != view_.run_id ||
             again.types.at("meta") != view_.types.at("meta") ||
             again.field("epoch") != view_.field("epoch") ||
             again.field("recovered_seq") != view_.field("recovered_seq") ||
             (row ? row->epoch : 0) != (row_.id == 0 ? 0 : row_.epoch);
    audit_.admitted = again.admitted;
    audit_.outbox = again.outbox;
  }

  Audit result() {
    audit_.campaign = options_.campaign;
    audit_.epoch = row_.epoch;
    audit_.quota = row_.quota;
    audit_.state = view_.has_meta()                                         ? view_.field("state")
                   : view_.is_empty() && row_.state == ledger::State::fresh ? "fresh"
                                                                            : "forgotten";
    audit_.findings = findings_.in_order();
    audit_.moved = moved_;
    return audit_;
  }

  const AuditOptions& options_;
  Findings findings_;
  redis::Client redis_;
  RedisView view_;
  Campaign row_;
  UnderWay under_way_;
  bool moved_ = false;
  Audit audit_;
};

}  // namespace

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::consistent:
      return "CONSISTENT";
    case Verdict::in_flight:
      return "IN FLIGHT";
    case Verdict::incomplete:
      return "INCOMPLETE";
    case Verdict::group_ahead:
      return "GROUP AHEAD";
    case Verdict::violated:
      break;
  }
  return "VIOLATED";
}

Verdict Audit::verdict() const {
  if (moved) return Verdict::in_flight;
  if (std::ranges::any_of(findings, [](const Finding& found) { return found.violations > 0; }))
    return Verdict::violated;
  if (failed_new > 0) return Verdict::incomplete;
  if (group_ahead) return Verdict::group_ahead;
  if (outbox > 0 || lag > 0 || state == "recovering" || state == "resetting")
    return Verdict::in_flight;
  return Verdict::consistent;
}

Audit audit(const AuditOptions& options) {
  for (int attempt = 1;; ++attempt) {
    auto audit = Pass(options).run();
    if (!audit.moved || attempt == attempts_max) return audit;
  }
}

}  // namespace couponctl::audit
