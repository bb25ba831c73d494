// Does the audit find every anomaly that it has a rule for, and nothing else?
#pragma once

#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "audit/audit.h"

namespace couponctl::audit {

// What was planted, and what the audit made of it.
struct Planted {
  std::string anomaly = "";
  std::set<std::string> rules = {};  // that must find it; none: the audit must find nothing
  std::set<std::string> found = {};
  Verdict verdict_wanted = Verdict::violated;
  Verdict verdict = Verdict::violated;

  bool is_exact() const { return rules == found && verdict == verdict_wanted; }
};

// Plants one anomaly after the other on a sound baseline, in a scratch area on these servers that
// is removed at the end, and audits each. Stops between two when it is asked to. `note` gets a
// sentence for what an earlier self-test has left that was killed: it is removed first.
std::vector<Planted> self_test(const AuditOptions& servers, const std::stop_token& stop,
                               const std::function<void(const std::string&)>& note);

}  // namespace couponctl::audit
