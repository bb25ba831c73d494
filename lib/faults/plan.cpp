#include "faults/plan.h"

#include <algorithm>
#include <array>

namespace couponctl::faults {
namespace {

struct Row {
  std::string_view name;
  int weight;          // how often it is drawn, compared with the others
  int lasting_ms_min;  // 0 0: it is over at once
  int lasting_ms_max;
};

// In the order of Kind.
constexpr std::array<Row, kinds_count> rows{{
    {"consumer kill -9", 8, 0, 0},      {"consumer SIGSTOP", 6, 100, 2500},
    {"consumer SIGTERM", 5, 0, 0},      {"client kill -9", 6, 0, 0},
    {"client SIGSTOP", 4, 100, 1500},   {"client SIGTERM", 4, 0, 0},
    {"redis kill -9", 4, 20, 400},      {"redis SIGTERM", 2, 20, 400},
    {"redis tail cut", 3, 20, 200},     {"redis FLUSHALL", 2, 0, 0},
    {"redis key deleted", 3, 0, 0},     {"redis silent", 3, 200, 1500},
    {"redis reset", 4, 20, 200},        {"redis delayed", 3, 200, 1000},
    {"kafka kill -9", 1, 20, 200},      {"kafka SIGSTOP", 3, 1000, 3000},
    {"database kill -9", 4, 20, 400},   {"database read-only", 3, 200, 1200},
    {"database silent", 3, 200, 1500},  {"database reset", 5, 20, 200},
    {"database delayed", 3, 200, 1000}, {"commit cut before", 6, 0, 0},
    {"commit cut after", 6, 0, 0},      {"campaign locked", 1, 500, 6500},
    {"rebalance", 4, 300, 900},         {"quota raised", 2, 0, 0},
}};

Kind draw_kind(Random& random) {
  int total = 0;
  for (const auto& row : rows) total += row.weight;
  auto left = between(random, 0, total - 1);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    left -= rows[i].weight;
    if (left < 0) return static_cast<Kind>(i);
  }
  return Kind::consumer_kill;
}

}  // namespace

std::string_view name(Kind kind) { return rows[static_cast<std::size_t>(kind)].name; }

bool forgets(Kind kind) {
  return kind == Kind::redis_tail_cut || kind == Kind::redis_flush ||
         kind == Kind::redis_key_deleted;
}

std::vector<Fault> draw_faults(Random& random, Milliseconds load) {
  std::vector<Fault> faults;
  for (int left = between(random, 2, 6); left > 0; --left) {
    Fault fault{.kind = draw_kind(random)};
    const auto& row = rows[static_cast<std::size_t>(fault.kind)];
    fault.at = Milliseconds(between(random, 50, static_cast<int>(load.count())));
    fault.lasting = Milliseconds(between(random, row.lasting_ms_min, row.lasting_ms_max));
    fault.which = between(random, 1, 70);
    faults.push_back(fault);
  }
  std::ranges::stable_sort(faults, {}, &Fault::at);
  return faults;
}

}  // namespace couponctl::faults
