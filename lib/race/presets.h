// Holds what the five source write-ups claim, and says of each claim whether it was seen. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "load/users.h"
#include "race/bench.h"
#include "race/result.h"
#include "race/statistics.h"
#include "strategies/strategy.h"

namespace couponctl::race {

// One thing that a write-up says of a design.
struct Claim {
  enum class Kind {
    over_issues,   // more rows than the limit in some run; that none had is luck, and refutes
                   // nothing
    exactly,       // as many rows as the limit in every run, and nothing else wrong
    one_row,       // the same of one row: all requests are of the same user
    times_slower,  // `times` times slower than `base`
    slower,        // slower than `base`; no figure is given
    faster,        // faster than it
    row_later,     // a winner's row is there after their answer
    others_wait,   // an order and a sign-up that come meanwhile wait long for the database
    others_do_not,
    not_tested,  // the race here cannot tell, `why_not`
  };

  std::string_view design;
  Kind kind = Kind::exactly;
  std::string_view says = "";  // with the write-up's own figures
  bool argued = false;         // it measured nothing
  std::string_view base = "";
  double times = 0;
  std::int64_t without_race = 0;  // rows above the limit that a single thread makes already
  std::string_view why_not = "";
};

// Designs that are raced together, and what is claimed of them.
struct Trial {
  std::string_view name;  // "distinct users"
  load::Users users = {};
  int processes = 1;
  std::vector<Claim> claims = {};
};

struct Preset {
  std::string_view name;
  std::string_view sentence = "";
  // Its own values; what is asked for on the command line counts more.
  std::uint16_t mysql_port = 3306;
  std::string_view count_key = strategies::usual_count_key;
  std::int64_t threads = 32, requests = 1000, limit = 100;
  std::int64_t workers = 1;
  std::int64_t runs = 10, warm_up = 1;
  Surroundings surroundings = {};
  std::vector<Trial> trials = {};
  std::vector<std::string_view> notes = {};  // what a reader must know of the comparison
};

// S0 to S4, and the minutes that three of them tell of.
const std::vector<Preset>& presets();
// The one of that name, which must be there.
const Preset& preset(std::string_view name);

// Its trials, with the claims on designs that are among `racing`; none without a claim.
std::vector<Trial> trials_of(const Preset& preset, std::span<const strategies::Strategy> racing);

// The designs that its claims are about or compare with.
std::vector<std::string_view> designs_of(const Trial& trial);

// `plan` as that trial is raced: the one place where a trial differs from an ordinary race.
BenchPlan plan_of(const Preset& preset, const Trial& trial, BenchPlan plan);

// A trial and what came of it.
struct TrialResult {
  Trial trial;
  RaceResult result = {};
};

// How a claim came out, and the measured figures of its kind.
struct Judgement {
  enum class Word { as_claimed, not_as_claimed, not_measured };
  struct Pace {
    Median requests_per_second = {}, of_base = {};
    // How often the slower one's goes into the faster one's.
    double times() const;
    bool is_slower() const { return requests_per_second.median < of_base.median; }
  };
  struct Waits {
    std::chrono::nanoseconds order{0}, sign_up{0};
    std::chrono::nanoseconds alone{0};  // the median while there were no coupons
  };

  Word word = Word::not_measured;
  std::string why = "";  // of not_measured
  std::optional<Spread> issued = std::nullopt;
  std::string flaws = "";  // what was wrong but the number of rows: "loses, duplicates"
  std::optional<Pace> pace = std::nullopt;
  std::optional<std::chrono::nanoseconds> delay = std::nullopt;  // of a winner's row, median
  std::optional<Waits> waits = std::nullopt;

  bool was_measured() const { return issued || pace || delay || waits; }
};

// times_slower is as claimed within this factor of the claimed: figures of one digit, measured on
// another machine, bear no more.
constexpr double times_tolerance = 2;
// Who waits for so many times as long as alone does wait for others; who waits for fewer than that
// does not.
constexpr int waits_from_times = 10;
constexpr int waits_below_times = 2;

Judgement judge(const Claim& claim, const RaceResult& result);

}  // namespace couponctl::race
