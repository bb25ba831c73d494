#include "report/orders.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/parse.h"
#include "report/latency.h"
#include "report/units.h"

namespace couponctl::report {
namespace {

using Json = nlohmann::ordered_json;
using race::Orders;

void add_row(const std::string& name, const Orders& orders, Table& table) {
  const auto& [waits, timed_out, failed, first_error, first] = orders;
  table.add({name,
             grouped(waits.count() + failed),
             percentile_text(waits, 50),
             percentile_text(waits, 99),
             maximum_text(waits),
             {grouped(timed_out), timed_out > 0 ? Style::bad : Style::none},
             {grouped(failed), failed > 0 ? Style::bad : Style::none}});
}

}  // namespace

std::string database_head(const race::RaceResult& race) {
  const auto& [pool, bystander, orders_min, db_delay, rows_per_s_max] = race.surroundings;
  std::string head;
  if (bystander.per_second > 0) head += fmt::format("  bystander {:g}/s", bystander.per_second);
  if (pool > 0) head += fmt::format("  pool {}", pool);
  if (db_delay.count() > 0) head += "  db-delay " + core::format_duration(db_delay);
  if (rows_per_s_max > 0) head += fmt::format("  max-rate {}", rows_per_s_max);
  return head;
}

std::string orders_text(const race::RaceResult& race, Format format, const Look& look) {
  constexpr auto right = Align::right;
  Table table({{"ORDERS MEANWHILE"},
               {"ORDERS", right},
               {"p50", right},
               {"p99", right},
               {"MAX", right},
               {"TIMED OUT", right},
               {"FAILED", right}});
  add_row("(no coupons)", race.orders_alone, table);
  std::string errors;
  for (const auto& design : race.designs) {
    if (!design.ran()) continue;
    add_row(design.name, design.orders, table);
    if (design.orders.failed > 0)
      errors += fmt::format("  {}: an order failed with {}.\n", design.name,
                            printable(design.orders.first_error));
  }
  return table.render(format, look) + errors;
}

Json orders_json(const Orders& orders) {
  const auto& waits = orders.waits;
  const auto count = waits.count() + orders.failed;
  const auto counted = [&](std::int64_t number) { return count > 0 ? Json(number) : Json(); };
  return {{"count", counted(count)},
          {"timed_out", counted(orders.timed_out)},
          {"failed", counted(orders.failed)},
          {"wait_ns",
           {{"p50", percentile_json(waits, 50)},
            {"p99", percentile_json(waits, 99)},
            {"max", maximum_json(waits)}}}};
}

Json first_waits_json(const Orders& orders) {
  auto all = Json::array();
  for (const auto& wait : orders.first) all.push_back(wait ? Json(wait->count()) : Json());
  return all;
}

}  // namespace couponctl::report
