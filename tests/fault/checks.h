// Is a promise broken? Judges the driver's log against the raw stores at rest.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "fault/acknowledged.h"
#include "fault/raw_stores.h"

namespace couponctl::fault {

enum class Breach : std::uint8_t { lost, duplicate, over_issued, disagree, hung };
constexpr std::size_t breaches = 5;

std::string_view name(Breach breach);

struct Finding {
  Breach breach;
  std::string what;
  // The stores alone tell of it, without the driver's log of who was told what: `audit` must see
  // it, too.
  bool shows_in_stores = false;
};

// One message that the driver put on the topic itself.
struct Sent {
  Place place;
  std::optional<std::int64_t> user;  // of a foreign one; poison has none
};

// What is known of a trial beside what its stores hold.
struct Circumstances {
  bool redis_forgot = false;          // at any time
  bool was_tried_beyond_cap = false;  // foreign messages may have taken the places of the admitted
  std::vector<Sent> sent = {};
};

// At rest: everything is drained. All breaches of a promise but hanging and disagreement.
std::vector<Finding> check(const RawStores& stores, const std::vector<Told>& told,
                           const std::set<std::int64_t>& applicants,
                           const Circumstances& circumstances);

}  // namespace couponctl::fault
