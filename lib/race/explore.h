// Tries every order of a few callers' commands on real servers, and judges each.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "race/check.h"
#include "race/orders.h"
#include "race/turns.h"
#include "servers/servers.h"
#include "strategies/strategy.h"

namespace couponctl::race {

struct ExplorePlan {
  strategies::Strategy strategy;
  int callers = 2;
  std::int64_t left = 1;        // coupons
  bool same_user = false;       // all callers are one user; otherwise each is one
  int workers = 1;              // who insert, of a design that has a number of them
  int processes = 1;            // so many have what a process shares to themselves, in turn
  bool crash = false;           // one of those who take part is killed, after each of its commands
  std::int64_t orders_max = 0;  // so many are drawn; 0: every order
  std::uint64_t seed = 1;
  std::optional<Choices> replay = std::nullopt;  // this order alone
  std::string scratch;                           // the name of its area on the servers
  servers::Servers servers = {};
};

// One order, as it went.
struct Played {
  std::string schedule = "";
  std::vector<Turns::Actor> actors = {};
  std::vector<Step> steps = {};
  std::vector<std::string> told = {};  // by caller, and then those who asked again
  Findings found = {};
};

struct Exploration {
  std::string name;
  int callers = 0;
  std::int64_t left = 0;
  bool same_user = false;
  bool crash = false;
  std::int64_t orders = 0;  // different ones, or drawn
  bool exhaustive = false;  // there are no others
  bool interrupted = false;
  std::string not_removed = "";    // what is left on the servers, and why
  std::string inconclusive = "";   // why an order could not be judged: then the rest was not tried
  std::int64_t bad_orders = 0;     // with one flaw or more
  std::int64_t broken_orders = 0;  // that go against what the design promises
  std::map<Flaw, std::int64_t> flaws = {};  // how many orders have it
  std::map<Flaw, Played> shortest = {};     // of each
  std::optional<Played> replayed = std::nullopt;
};

// The shortest of all bad orders.
const Played* shortest(const Exploration& exploration);

// `orders` tried so far. When `stop` is requested, what was tried is told, and what was made is
// removed. Throws core::Failure if the design cannot be set up.
Exploration explore(const ExplorePlan& plan, const std::stop_token& stop,
                    const std::function<void(std::int64_t orders)>& on_progress);

}  // namespace couponctl::race
