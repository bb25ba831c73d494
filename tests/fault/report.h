// What does a run of the driver say, trial by trial and at its end?
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "fault/run.h"

namespace couponctl::fault {

// Sums of all trials.
struct Totals {
  int trials = 0;
  std::map<std::string, int> faults = {};
  std::array<int, breaches> found = {};
  std::chrono::milliseconds longest{0};

  void add(const Outcome& outcome);
  bool clean() const;
};

// Of a trial with findings: its seed, its plan, what was found, and where its logs are.
std::string findings_text(const Result& result);

// The table of faults, and a line for each promise.
std::string totals_text(const Totals& totals, bool colour);

}  // namespace couponctl::fault
