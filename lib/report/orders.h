// Shows how long others had to wait for the database while the coupons went.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "race/result.h"
#include "report/table.h"

namespace couponctl::report {

// "  bystander 50/s  pool 10  db-delay 5ms": what the database is shared with; "": with nobody.
std::string database_head(const race::RaceResult& race);

// One row for each design that ran, the first one without any. Not for Format::csv, which has a row
// for each design alone.
std::string orders_text(const race::RaceResult& race, Format format, const Look& look);

// The same keys for whatever there is; null where there is nothing.
nlohmann::ordered_json orders_json(const race::Orders& orders);
// In ns, of the first orders in the order in which they were due; null for one that failed.
nlohmann::ordered_json first_waits_json(const race::Orders& orders);

}  // namespace couponctl::report
