#include "race/presets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace couponctl::race {
namespace {

using Kind = Claim::Kind;
using Word = Judgement::Word;

constexpr load::Users same_user{.kind = load::Users::Kind::same};

Claim naive() {
  return {.design = "naive",
          .kind = Kind::over_issues,
          .says = "two threads both read 99 and both insert: more than 100 rows",
          .without_race = 1};
}

Claim exactly_100(std::string_view design) {
  return {.design = design, .kind = Kind::exactly, .says = "exactly 100 rows"};
}

// Of the form without a lock that all four come to.
std::vector<Claim> database_lock() {
  return {{.design = "mysql-lock", .kind = Kind::exactly, .says = "right", .argued = true},
          {.design = "mysql-lock",
           .kind = Kind::slower,
           .says = "held from the count to the insert: slow",
           .argued = true,
           .base = "redis-incr"}};
}

std::vector<Claim> counter_and_topic() {
  return {exactly_100("redis-incr"),
          exactly_100("redis-incr-kafka"),
          {.design = "redis-incr-kafka",
           .kind = Kind::row_later,
           .says = "a delay until the row exists (they slept 10 s)"}};
}

Trial distinct_users(std::initializer_list<std::vector<Claim>> parts) {
  Trial trial{.name = "distinct users"};
  for (const auto& part : parts) trial.claims.insert(trial.claims.end(), part.begin(), part.end());
  return trial;
}

Trial two_servers() {
  return {.name = "two servers",
          .processes = 2,
          .claims = {{.design = "mutex",
                      .kind = Kind::over_issues,
                      .says = "wrong again as soon as there are two servers",
                      .argued = true}}};
}

Trial one_user() {
  return {
      .name = "one user",
      .users = same_user,
      .claims = {{.design = "redis-set-kafka", .kind = Kind::one_row, .says = "exactly 1 row"}}};
}

Trial coupon_service() {
  return {
      .name = "distinct users",
      .claims = {
          {.design = "naive-ge",
           .kind = Kind::over_issues,
           .says = "over-issued before the fix: 505 of 500"},
          {.design = "redis-lock", .kind = Kind::exactly, .says = "right"},
          {.design = "redis-lock",
           .kind = Kind::times_slower,
           .says = "about 1,000 requests/s, against about 7,000 without a lock",
           .base = "naive-ge",
           .times = 7},
          {.design = "redis-zset",
           .kind = Kind::not_tested,
           .says = "equal timestamps do not give an order; rejected",
           .why_not = "the times are microseconds here, hardly two are equal"},
          {.design = "redis-lua-list", .kind = Kind::exactly, .says = "right; workers scaled to 3"},
          {.design = "redis-lua-list",
           .kind = Kind::faster,
           .says = "fast",
           .base = "redis-lock"}}};
}

constexpr std::string_view consumer_failure =
    "That the count goes up and no coupon exists when the consumer fails: couponctl bench --fault "
    "database-down,kill-consumer --strategy redis-set-kafka";

// 100 INSERTs a second, for a minute: ten connections, each of which does one in 100 ms.
Preset ten_oclock() {
  return {
      .name = "10:00",
      .sentence =
          "Coupons at 10:00, an order at 10:01, a sign-up at 10:02, of S0, S1 and S2, in small",
      .threads = 600,
      .requests = 600,
      .limit = 500,
      .runs = 1,
      .warm_up = 0,
      .surroundings = {.pool = 10,
                       .bystander = {.per_second = 1, .timeout = std::chrono::minutes(1)},
                       .orders_min = 2,
                       .db_delay = std::chrono::milliseconds(100),
                       .rows_per_s_max = 50},
      .trials = {{.name = "all at once",
                  .claims = {{.design = "redis-incr",
                              .kind = Kind::others_wait,
                              .says = "order and sign-up wait 100 minutes or time out",
                              .argued = true},
                             {.design = "pipeline",
                              .kind = Kind::others_do_not,
                              .says = "with Kafka the rate to the database is controlled",
                              .argued = true}}}},
      .notes = {"A minute is a second here, in which the database does 100 INSERTs as there, with "
                "ten connections for all; and instead of 10,000 there are 500 coupons.",
                "The pipeline stands for the write-ups' consumer; its rate is half of what the "
                "database does."}};
}

std::vector<Preset> all_presets() {
  const std::vector<Claim> set = {exactly_100("redis-set-kafka")};
  return {
      {.name = "S0",
       .sentence = "The first 100, from count-then-insert to INCR and Kafka",
       .mysql_port = 13306,
       .trials = {distinct_users({{naive()}, database_lock(), counter_and_topic()}),
                  two_servers()}},
      {.name = "S1",
       .sentence = "The same way, and then one coupon for each user: SADD, INCR and Kafka",
       .trials = {distinct_users({{naive()}, database_lock(), counter_and_topic(), set}),
                  two_servers(), one_user()}},
      {.name = "S2",
       .sentence =
           "From a lock in the database to SADD, INCR and Kafka, and what a consumer that fails "
           "leaves behind",
       .trials = {distinct_users({database_lock(), counter_and_topic(), set}), one_user()},
       .notes = {consumer_failure}},
      {.name = "S3",
       .sentence =
           "A service of 500 coupons that over-issued, from a lock on Redis to one Lua script",
       .limit = 500,
       .workers = 3,
       .trials = {coupon_service()},
       .notes = {"naive-ge stands for the code that over-issued.",
                 "The write-up loads its service over HTTP; here callers speak to the servers "
                 "themselves, in threads and requests as in the other write-ups."}},
      {.name = "S4",
       .sentence =
           "As S1, with the counter named couponCount, and failed_event for a consumer that "
           "fails",
       .count_key = "couponCount",
       .trials = {distinct_users({{naive()}, database_lock(), counter_and_topic(), set}),
                  two_servers(), one_user()},
       .notes = {consumer_failure}},
      ten_oclock()};
}

const DesignResult* design_of(const RaceResult& result, std::string_view name) {
  const auto found = std::ranges::find(result.designs, name, &DesignResult::name);
  return found == result.designs.end() ? nullptr : &*found;
}

// Why nothing can be said of it for certain, or "".
std::string unknown(const DesignResult& design) {
  switch (design.verdict) {
    case Verdict::inconclusive:
    case Verdict::skipped:
      return design.why;
    case Verdict::failed:
    case Verdict::interrupted:
      return design.text();
    case Verdict::exact:
    case Verdict::shown:
    case Verdict::not_seen:
    case Verdict::broken:
      break;
  }
  return design.ran() ? "" : "no run came to its end";
}

Word word(bool as_claimed) { return as_claimed ? Word::as_claimed : Word::not_as_claimed; }

// Rows above the limit are certain, whatever else is not known.
Judgement judge_rows(const Claim& claim, const DesignResult& design, std::int64_t limit) {
  Judgement judgement;
  if (design.ran()) judgement.issued = design.issued;
  const auto rows = claim.kind == Kind::one_row ? 1 : limit;
  const bool is_over = design.ran() && design.issued.max > rows + claim.without_race;
  const auto why_not = unknown(design);
  if (!is_over && !why_not.empty()) {
    judgement.why = why_not;
  } else if (claim.kind == Kind::over_issues) {
    judgement.word = is_over ? Word::as_claimed : Word::not_measured;
    if (!is_over)
      judgement.why = fmt::format("not seen in {} run{}, raise --runs or --threads", design.runs,
                                  design.runs == 1 ? "" : "s");
  } else {
    const bool exact = design.issued.min == rows && design.issued.max == rows;
    if (exact && design.bad_runs > 0) judgement.flaws = design.why;
    judgement.word = word(exact && design.bad_runs == 0);
  }
  return judgement;
}

Word judge_pace(const Claim& claim, const Judgement::Pace& pace) {
  if (claim.kind == Kind::times_slower)
    return word(pace.is_slower() && pace.times() >= claim.times / times_tolerance &&
                pace.times() <= claim.times * times_tolerance);
  const auto& [own, base] = pace;
  if (own.low <= base.high && base.low <= own.high) return Word::not_measured;
  return word(pace.is_slower() == (claim.kind == Kind::slower));
}

Judgement judge_pace(const Claim& claim, const DesignResult& design, const DesignResult* base) {
  Judgement judgement;
  if (base == nullptr) {
    judgement.why = fmt::format("{} does not race", claim.base);
    return judgement;
  }
  for (const auto* one : {&design, base}) {
    if (judgement.why.empty()) judgement.why = unknown(*one);
    if (judgement.why.empty() && one->requests_per_second.empty())
      judgement.why = "no request was answered";
  }
  if (!judgement.why.empty()) return judgement;
  judgement.pace = {median(design.requests_per_second), median(base->requests_per_second)};
  judgement.word = judge_pace(claim, *judgement.pace);
  if (judgement.word == Word::not_measured)
    judgement.why = "their runs overlap, raise --runs or --requests";
  return judgement;
}

// A row that is there with the answer has no delay, nor has one that was there before.
Judgement judge_delay(const DesignResult& design) {
  Judgement judgement{.why = unknown(design)};
  if (judgement.why.empty() && design.row_delay.count() == 0) judgement.why = "there is no row";
  if (!judgement.why.empty()) return judgement;
  judgement.delay = std::chrono::nanoseconds(design.row_delay.percentile(50));
  judgement.word = word(judgement.delay->count() > 0);
  return judgement;
}

// Of the first two orders: that of 10:01 and the sign-up of 10:02.
Judgement judge_waits(const Claim& claim, const DesignResult& design, const Orders& alone) {
  Judgement judgement{.why = unknown(design)};
  const auto& first = design.orders.first;
  const bool are_known = first.size() >= 2 && first[0] && first[1] && alone.waits.count() > 0;
  if (judgement.why.empty() && !are_known)
    judgement.why = design.orders.failed > 0 ? design.orders.first_error : "there was no order";
  if (!judgement.why.empty()) return judgement;
  const Judgement::Waits waits{.order = *first[0],
                               .sign_up = *first[1],
                               .alone = std::chrono::nanoseconds(alone.waits.percentile(50))};
  const auto [shorter, longer] = std::minmax(waits.order, waits.sign_up);
  judgement.waits = waits;
  judgement.word = word(claim.kind == Kind::others_wait ? shorter >= waits_from_times * waits.alone
                                                        : longer < waits_below_times * waits.alone);
  return judgement;
}

}  // namespace

const std::vector<Preset>& presets() {
  static const auto list = all_presets();
  return list;
}

const Preset& preset(std::string_view name) {
  const auto found = std::ranges::find(presets(), name, &Preset::name);
  assert(found != presets().end());
  return *found;
}

std::vector<std::string_view> designs_of(const Trial& trial) {
  std::vector<std::string_view> names;
  const auto add = [&](std::string_view name) {
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  for (const auto& claim : trial.claims) {
    add(claim.design);
    add(claim.base);
  }
  return names;
}

std::vector<Trial> trials_of(const Preset& preset, std::span<const strategies::Strategy> racing) {
  const auto races = [&](std::string_view design) {
    return std::ranges::any_of(racing, [&](const auto& one) { return one.info.name == design; });
  };
  auto trials = preset.trials;
  for (auto& trial : trials)
    std::erase_if(trial.claims, [&](const Claim& claim) { return !races(claim.design); });
  std::erase_if(trials, [](const Trial& trial) { return trial.claims.empty(); });
  return trials;
}

BenchPlan plan_of(const Preset& preset, const Trial& trial, BenchPlan plan) {
  const auto names = designs_of(trial);
  std::erase_if(plan.strategies, [&](const strategies::Strategy& one) {
    return std::ranges::find(names, one.info.name) == names.end();
  });
  plan.load.users = trial.users;
  plan.processes = trial.processes;
  plan.count_key = preset.count_key;
  plan.surroundings.orders_min = preset.surroundings.orders_min;
  return plan;
}

double Judgement::Pace::times() const {
  const auto [slower, faster] = std::minmax(requests_per_second.median, of_base.median);
  return faster / slower;
}

Judgement judge(const Claim& claim, const RaceResult& result) {
  const auto* design = design_of(result, claim.design);
  if (design == nullptr)
    return {.why =
                result.interrupted ? "interrupted" : fmt::format("{} does not race", claim.design)};
  switch (claim.kind) {
    case Kind::over_issues:
    case Kind::exactly:
    case Kind::one_row:
      return judge_rows(claim, *design, result.limit);
    case Kind::times_slower:
    case Kind::slower:
    case Kind::faster:
      return judge_pace(claim, *design, design_of(result, claim.base));
    case Kind::row_later:
      return judge_delay(*design);
    case Kind::others_wait:
    case Kind::others_do_not:
      return judge_waits(claim, *design, result.orders_alone);
    case Kind::not_tested:
      break;
  }
  auto judgement = judge_rows(claim, *design, result.limit);
  judgement.word = Word::not_measured;
  judgement.why = claim.why_not;
  return judgement;
}

}  // namespace couponctl::race
