// What was found in a trial, and does `audit` see it too?
#pragma once

#include <set>
#include <vector>

#include "fault/checks.h"

namespace couponctl::fault {

// All breaches but hanging. `audit_code` is how `audit` ended.
std::vector<Finding> verdict(const RawStores& stores, const std::vector<Told>& told,
                             const std::set<std::int64_t>& applicants,
                             const Circumstances& circumstances, int audit_code);

}  // namespace couponctl::fault
