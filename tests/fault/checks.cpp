#include "fault/checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

namespace couponctl::fault {
namespace {

using Users = std::set<std::int64_t>;

class Checker {
 public:
  Checker(const RawStores& stores, const std::vector<Told>& told, const Users& applicants,
          const Circumstances& circumstances)
      : stores_(stores), told_(told), applicants_(applicants), circumstances_(circumstances) {
    for (const auto& coupon : stores.coupons) holders_.insert(coupon.user);
    for (const auto& failed : stores.failed) {
      places_.insert(failed.place);
      if (failed.user && failed.failure != "POISON") recorded_.insert(*failed.user);
    }
  }

  std::vector<Finding> all() {
    check_acknowledged();
    check_users_hash();
    check_sent();
    check_progress();
    check_rows();
    check_seqs();
    check_quota();
    return std::move(findings_);
  }

 private:
  bool is_somewhere(std::int64_t user) const {
    return holders_.contains(user) || recorded_.contains(user);
  }

  enum class Seen { by_applicants, in_stores };

  void report(Breach breach, std::string_view what, const Users& users,
              Seen seen = Seen::by_applicants) {
    if (!users.empty())
      findings_.push_back(
          {breach, fmt::format("{}: {}", what, fmt::join(users, " ")), seen == Seen::in_stores});
  }

  void check_acknowledged() {
    Users by_redis, by_kafka, issued;
    for (const auto& told : told_) {
      const auto holder = told.holder();
      // A duplicate's entry may be gone because Redis lost it, not because Kafka has it.
      const bool certain = told.decision != "DUPLICATE" || !circumstances_.redis_forgot;
      if (holder == Holder::ledger && !holders_.contains(told.user)) issued.insert(told.user);
      if (is_somewhere(told.user)) continue;
      if (holder == Holder::kafka && certain) by_kafka.insert(told.user);
      if (holder == Holder::redis && !circumstances_.redis_forgot) by_redis.insert(told.user);
    }
    report(Breach::lost, "told ISSUED, without a row", issued);
    report(Breach::lost, "acknowledged by kafka, neither coupon nor failed event", by_kafka);
    report(Breach::lost, "acknowledged by redis, neither coupon nor failed event", by_redis);
  }

  void check_users_hash() {
    Users stuck;
    for (const auto& [user, value] : stores_.users)
      if (!is_somewhere(user)) stuck.insert(user);
    report(Breach::lost, "redis holds their place, and nothing will turn it into a coupon", stuck,
           Seen::in_stores);
    if (stores_.outbox > 0)
      findings_.push_back({Breach::lost, fmt::format("{} outbox entries at rest", stores_.outbox)});
  }

  void check_sent() {
    std::vector<std::string> missing;
    for (const auto& [place, user] : circumstances_.sent)
      if (!places_.contains(place) && !(user && holders_.contains(*user)))
        missing.push_back(fmt::format("{}@{}", place.first, place.second));
    if (!missing.empty())
      findings_.push_back(
          {Breach::lost,
           fmt::format("messages on the topic that became nothing (partition@offset): {}",
                       fmt::join(missing, " "))});
  }

  void check_progress() {
    for (const auto& [partition, next] : stores_.progress) {
      const auto end = stores_.ends.find(partition);
      if (end != stores_.ends.end() && next > end->second)
        findings_.push_back(
            {Breach::lost, fmt::format("progress {} of partition {} is past its end {}", next,
                                       partition, end->second)});
    }
  }

  void check_rows() {
    std::set<std::pair<std::int64_t, std::int64_t>> users, slots;
    Users twice, shared, strangers;
    for (const auto& coupon : stores_.coupons) {
      if (!users.emplace(coupon.epoch, coupon.user).second) twice.insert(coupon.user);
      if (!slots.emplace(coupon.epoch, coupon.slot).second) shared.insert(coupon.user);
      const bool foreign = std::ranges::any_of(
          circumstances_.sent, [&](const Sent& sent) { return sent.user == coupon.user; });
      if (!foreign && !applicants_.contains(coupon.user)) strangers.insert(coupon.user);
    }
    report(Breach::duplicate, "users with two rows", twice, Seen::in_stores);
    report(Breach::duplicate, "users on a slot that is taken", shared, Seen::in_stores);
    report(Breach::over_issued, "coupons of users who never applied", strangers);
  }

  // After a loss of memory the same number may be given again: the ledger decides then.
  void check_seqs() {
    if (circumstances_.redis_forgot) return;
    std::map<std::int64_t, std::int64_t> seq_of, user_of;
    Users two_seqs, shared;
    for (const auto& told : told_) {
      if (told.seq == 0) continue;
      if (seq_of.emplace(told.user, told.seq).first->second != told.seq) two_seqs.insert(told.user);
      if (user_of.emplace(told.seq, told.user).first->second != told.user) shared.insert(told.user);
    }
    report(Breach::duplicate, "users who were told two places", two_seqs);
    report(Breach::duplicate, "users who were told a place of another", shared);
  }

  void check_quota() {
    std::map<std::int64_t, std::int64_t> rows;
    for (const auto& coupon : stores_.coupons) {
      if (coupon.epoch == 1 && (coupon.slot < 1 || coupon.slot > stores_.quota))
        findings_.push_back({Breach::over_issued,
                             fmt::format("slot {} of quota {}", coupon.slot, stores_.quota), true});
      ++rows[coupon.epoch];
    }
    if (rows[1] > stores_.quota)
      findings_.push_back(
          {Breach::over_issued, fmt::format("{} rows of quota {}", rows[1], stores_.quota), true});
    if (circumstances_.redis_forgot || circumstances_.was_tried_beyond_cap) return;
    Users refused;
    for (const auto& failed : stores_.failed)
      if (failed.failure == "OVER_QUOTA" && failed.user) refused.insert(*failed.user);
    report(Breach::over_issued, "admitted, and no room was left for them", refused);
  }

  const RawStores& stores_;
  const std::vector<Told>& told_;
  const Users& applicants_;
  const Circumstances& circumstances_;
  Users holders_, recorded_;
  std::set<Place> places_;
  std::vector<Finding> findings_;
};

}  // namespace

std::string_view name(Breach breach) {
  constexpr std::string_view names[] = {"lost", "duplicate", "over-issued", "disagree", "hung"};
  return names[static_cast<std::size_t>(breach)];
}

std::vector<Finding> check(const RawStores& stores, const std::vector<Told>& told,
                           const std::set<std::int64_t>& applicants,
                           const Circumstances& circumstances) {
  return Checker(stores, told, applicants, circumstances).all();
}

}  // namespace couponctl::fault
