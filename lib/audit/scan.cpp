#include "audit/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "core/parse.h"
#include "ledger/audit_rows.h"
#include "ledger/schema.h"
#include "redis/scan.h"
#include "servers/exit.h"

namespace couponctl::audit {
namespace {

using core::quote;
using core::Result;
using issuance::CampaignKeys;
using issuance::format_place;
using issuance::OutboxPage;
using issuance::parse_place;
using issuance::walk_outbox;
using ledger::Campaign;
using servers::or_end;

constexpr std::int64_t page_rows = 1000;

struct Holder {
  std::int64_t user = 0;
  std::int64_t seq = 0;
};

// Which seqs were seen. One bit for each as long as they are as dense as an admission makes them.
class SeqSet {
 public:
  // False if it was there already.
  bool insert(std::int64_t seq) {
    if (seq >= dense_max) return others_.insert(seq).second;
    const auto index = static_cast<std::size_t>(seq);
    if (index >= dense_.size()) dense_.resize(std::max(index + 1, 2 * dense_.size()));
    const bool fresh = !dense_[index];
    dense_[index] = true;
    return fresh;
  }

 private:
  static constexpr std::int64_t dense_max = std::int64_t{1} << 30;  // 128 MB
  std::vector<bool> dense_;
  std::unordered_set<std::int64_t> others_;
};

struct Waiting {
  std::int64_t user = 0;
  std::int64_t seq = 0;
  std::string entry_id;
};

std::optional<std::int64_t> seq_of(std::string_view users_field) {
  const auto place = parse_place(users_field);
  return place ? std::optional(place->seq) : std::nullopt;
}

// Whether Redis knows these winners as their entries name them.
Result<void> check_waiting(redis::Client& redis, const AuditOptions& options,
                           const std::vector<Waiting>& winners, std::int64_t recovered_seq,
                           Finding& outbox) {
  std::vector<std::int64_t> users;
  for (const auto& winner : winners) users.push_back(winner.user);
  const auto fields = users_fields(redis, options.campaign, users);
  if (!fields) return fields.error();
  for (std::size_t i = 0; i < winners.size(); ++i) {
    const auto& [user, seq, entry] = winners[i];
    const auto& field = (*fields)[i];
    if (!field) outbox.violate(fmt::format("entry {}: user {} is not known", entry, user));
    // What `recover` restored may name another entry.
    else if (*field != format_place({seq, entry}) && seq > recovered_seq)
      outbox.violate(fmt::format("entry {}: user {} has seq {}, and is known as {}", entry, user,
                                 seq, quote(*field)));
  }
  return {};
}

// Walks the users hash: judges its form and its seqs, and remembers whose winning is nowhere.
class UsersWalk {
 public:
  UsersWalk(redis::Client& redis, mysql::Connection& database, const AuditOptions& options,
            const Campaign& campaign, const UnderWay& under_way, Findings& findings)
      : redis_(redis),
        database_(database),
        options_(options),
        campaign_(campaign),
        under_way_(under_way),
        findings_(findings) {}

  void walk(std::int64_t expected) {
    or_end(walk_users([&](std::span<const redis::Pair> page) -> Result<void> {
      options_.progress("users", findings_.none_lost.examined, expected);
      std::vector<Holder> places;
      for (const auto& [user, value] : page)
        if (const auto place = read(user, value)) places.push_back(*place);
      for (const auto& place : places) note_seq(place);
      findings_.none_lost.examined += static_cast<std::int64_t>(places.size());
      auto missing = look_for(places, under_way_);
      if (!missing) return missing.error();
      missing_.insert(missing_.end(), missing->begin(), missing->end());
      return {};
    }));
    judge_repeated();
    judge_largest();
    judge_missing();
  }

 private:
  Result<void> walk_users(
      const std::function<Result<void>(std::span<const redis::Pair>)>& each) const {
    return redis::walk_hash(redis_, CampaignKeys(options_.campaign).users, each);
  }

  std::optional<Holder> read(std::string_view name, std::string_view value) {
    auto& form = findings_.form;
    ++form.examined;
    const auto user = core::whole_number(name);
    const auto seq = seq_of(value);
    if (user && seq) return Holder{*user, *seq};
    form.violate(fmt::format("users holds {} with {}", quote(name), quote(value)));
    return std::nullopt;
  }

  // A scan may show a user twice, so that a seq seen twice is only a suspicion.
  // Those whom we did not admit, restored from the ledger, all have seq 0.
  void note_seq(const Holder& place) {
    if (place.seq == 0) return;
    ++findings_.one_seq.examined;
    if (!seen_.insert(place.seq)) repeated_[place.seq];
    if (place.seq > largest_.seq) largest_ = place;
  }

  // Those of the page that are neither under way nor coupons.
  Result<std::vector<Holder>> look_for(const std::vector<Holder>& places,
                                       const UnderWay& under_way) {
    std::vector<Holder> left;
    std::ranges::copy_if(places, std::back_inserter(left),
                         [&](const Holder& place) { return !under_way.contains(place.user); });
    std::vector<std::int64_t> users;
    for (const auto& place : left) users.push_back(place.user);
    const auto coupons = ledger::coupons_of(database_, campaign_.id, campaign_.epoch, users);
    if (!coupons) return coupons.error();
    std::erase_if(left, [&](const Holder& place) { return coupons->contains(place.user); });
    return left;
  }

  void judge_repeated() {
    if (repeated_.empty()) return;
    or_end(walk_users([&](std::span<const redis::Pair> page) -> Result<void> {
      for (const auto& [name, value] : page) {
        const auto seq = seq_of(value);
        const auto found = seq ? repeated_.find(*seq) : repeated_.end();
        if (found != repeated_.end()) found->second.emplace(name);
      }
      return {};
    }));
    for (const auto& [seq, users] : repeated_)
      if (users.size() > 1)
        findings_.one_seq.violate(
            fmt::format("users {} and {} both have seq {}", *users.begin(), *users.rbegin(), seq));
  }

  // The seq of the meta may have grown since it was read, but never behind a user's.
  void judge_largest() {
    const auto now = or_end(view_redis(redis_, options_.campaign)).number("seq");
    if (now && largest_.seq > *now)
      findings_.one_seq.violate(fmt::format("user {} has seq {}, and only {} were given out",
                                            largest_.user, largest_.seq, *now));
  }

  // A winner moves from the outbox to the log to the tables: read in that order, and after the
  // user, none can slip through.
  void judge_missing() {
    for (int recheck = 0; !missing_.empty() && recheck < options_.rechecks_max; ++recheck) {
      if (recheck > 0) std::this_thread::sleep_for(options_.recheck_pause);
      UnderWay now;
      const auto view = or_end(view_redis(redis_, options_.campaign));
      Finding ignored;
      check_outbox(redis_, view, options_, campaign_.epoch, ignored, now);
      now.backlog = view_topic(options_, campaign_.epoch).users;
      database_ = or_end(ledger::connect(options_.mysql));  // the session ends while it is idle
      check_failed(database_, options_, campaign_, ignored, now);
      missing_ = or_end(look_for(still_known(), now));
    }
    std::ranges::sort(missing_, {}, &Holder::seq);
    const auto same_user = [](const Holder& a, const Holder& b) { return a.user == b.user; };
    missing_.erase(std::unique(missing_.begin(), missing_.end(), same_user), missing_.end());
    for (const auto& [user, seq] : missing_)
      findings_.none_lost.violate(
          fmt::format("user {}, seq {}: no coupon, no failed event, not under way", user, seq));
  }

  std::vector<Holder> still_known() {
    std::vector<std::int64_t> users;
    for (const auto& place : missing_) users.push_back(place.user);
    const auto fields = or_end(users_fields(redis_, options_.campaign, users));
    std::vector<Holder> known;
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (fields[i]) known.push_back(missing_[i]);
    return known;
  }

  redis::Client& redis_;
  mysql::Connection& database_;
  const AuditOptions& options_;
  const Campaign& campaign_;
  const UnderWay& under_way_;
  Findings& findings_;
  SeqSet seen_;
  std::map<std::int64_t, std::set<std::string>> repeated_;  // users by seq
  Holder largest_;
  std::vector<Holder> missing_;
};

// Whether who has a coupon was admitted.
class RowsJudge {
 public:
  // `recovered_seq`: the largest number that the last recover knew of, if there was one.
  RowsJudge(std::optional<std::int64_t> recovered_seq, Finding& admitted)
      : recovered_seq_(recovered_seq), admitted_(admitted) {}

  // `field` is what the users hash holds of the row's user.
  void judge(const ledger::CouponRow& row, const std::optional<std::string>& field) {
    if (row.seq == 0) {
      ++foreign_;
      return;
    }
    ++admitted_.examined;
    const auto known = field ? seq_of(*field) : std::nullopt;
    if (!field && row.seq <= recovered_seq_.value_or(0))
      ++recovered_;
    else if (!field)
      admitted_.violate(fmt::format(
          "user {} has a coupon with seq {}, and Redis does not know them", row.user, row.seq));
    else if (known && *known != row.seq && recovered_seq_ && *known > *recovered_seq_)
      ++admitted_again_;
    else if (known && *known != row.seq)
      admitted_.violate(fmt::format("user {} has seq {} in Redis and {} in the database", row.user,
                                    *known, row.seq));
  }

  void note() {
    if (foreign_ > 0)
      admitted_.note(fmt::format(
          "{} coupons have seq 0: of a foreign producer, or typed in by hand", foreign_));
    if (recovered_ > 0)
      admitted_.note(
          fmt::format("{} coupons are from before the last recover, and Redis does not "
                      "know their users",
                      recovered_));
    if (admitted_again_ > 0)
      admitted_.note(
          fmt::format("{} coupons are of messages that arrived after a recover which did not know "
                      "of them; their users were admitted again, with another number",
                      admitted_again_));
  }

 private:
  std::optional<std::int64_t> recovered_seq_;
  Finding& admitted_;
  std::int64_t foreign_ = 0;
  std::int64_t recovered_ = 0;
  std::int64_t admitted_again_ = 0;
};

}  // namespace

void check_outbox(redis::Client& redis, const RedisView& view, const AuditOptions& options,
                  std::int64_t epoch, Finding& outbox, UnderWay& under_way) {
  const auto recovered_seq = view.number("recovered_seq").value_or(0);
  or_end(walk_outbox(redis, options.campaign, [&](const OutboxPage& page) -> Result<bool> {
    std::vector<Waiting> waiting;
    for (const auto& entry : page) {
      ++outbox.examined;
      const auto winners = winners_of(entry, epoch);
      if (!winners) outbox.violate(fmt::format("entry {} cannot be read", entry.id));
      for (const auto& winner : winners.value_or(std::span<const issuance::Winner>()))
        waiting.push_back({core::number(winner.user), winner.seq, entry.id});
    }
    for (const auto& winner : waiting) under_way.outbox.insert(winner.user);
    if (auto checked = check_waiting(redis, options, waiting, recovered_seq, outbox); !checked)
      return checked.error();
    return true;
  }));
  outbox.examined += view.quarantined;
  if (view.quarantined > 0)
    outbox.violate(fmt::format("{} entries are in quarantine", view.quarantined), view.quarantined);
}

std::int64_t check_failed(mysql::Connection& database, const AuditOptions& options,
                          const Campaign& campaign, Finding& failed, UnderWay& under_way) {
  for (const auto& [id, failure] : or_end(ledger::hopeless_new(database, page_rows))) {
    ++failed.examined;
    failed.violate(fmt::format("event {} is {} and new", id, failure));
  }
  std::int64_t events_new = 0;
  for (std::int64_t last = 0;;) {
    const auto page = or_end(ledger::failed_after(database, options.campaign, last, page_rows));
    if (page.empty()) return events_new;
    std::vector<std::int64_t> done;
    for (const auto& event : page) {
      ++failed.examined;
      if (event.status == "new") ++events_new;
      if (event.user && event.epoch.value_or(campaign.epoch) == campaign.epoch) {
        under_way.failed.insert(*event.user);
        if (event.status == "done") done.push_back(*event.user);
      }
    }
    const auto coupons = or_end(ledger::coupons_of(database, campaign.id, campaign.epoch, done));
    for (const auto user : done)
      if (!coupons.contains(user))
        failed.violate(fmt::format("the event of user {} is done, and there is no coupon", user));
    last = page.back().id;
  }
}

void check_users(redis::Client& redis, mysql::Connection& database, const RedisView& view,
                 const AuditOptions& options, const Campaign& campaign, const UnderWay& under_way,
                 Findings& findings) {
  UsersWalk(redis, database, options, campaign, under_way, findings).walk(view.admitted);
}

std::int64_t check_admitted(redis::Client& redis, mysql::Connection& database,
                            const RedisView& view, const AuditOptions& options,
                            const Campaign& campaign, Finding& admitted) {
  RowsJudge judge(view.number("recovered_seq"), admitted);
  std::int64_t rows = 0;
  std::vector<ledger::CouponRow> page;
  std::vector<std::int64_t> users;
  const auto judge_page = [&] {
    users.clear();
    for (const auto& row : page) users.push_back(row.user);
    const auto fields = or_end(users_fields(redis, options.campaign, users));
    for (std::size_t i = 0; i < page.size(); ++i) judge.judge(page[i], fields[i]);
    rows += std::ssize(page);
    page.clear();
    options.progress("coupons", rows, std::max(rows, view.admitted));
  };
  or_end(ledger::each_coupon(database, campaign.id, campaign.epoch, [&](const auto& row) {
    page.push_back(row);
    if (std::ssize(page) == page_rows) judge_page();
  }));
  if (!page.empty()) judge_page();
  judge.note();
  return rows;
}

}  // namespace couponctl::audit
