// One trial from start to end: load, faults, healing, recovery, drain, and the judgement.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "fault/checks.h"
#include "fault/plan.h"
#include "fault/workspace.h"

namespace couponctl::fault {

struct Outcome {
  std::map<std::string, int> faults = {};  // that really happened, by kind
  std::vector<Finding> findings = {};
  std::chrono::milliseconds elapsed{0};
};

struct TrialOptions {
  std::filesystem::path binary;
  std::filesystem::path logs;  // made
  std::string planted = "";
  bool drops_constraints = false;  // the database lets row N+1 through
};

Outcome run_trial(Arena& arena, const Plan& plan, const TrialOptions& options);

}  // namespace couponctl::fault
