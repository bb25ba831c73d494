// Renders what came of trying every order, for people and for programs.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "race/explore.h"
#include "report/table.h"

namespace couponctl::report {

// One design: what was found, or why it could not be tried.
struct Explored {
  race::Exploration found;
  std::string failed = "";   // it could not be set up
  std::string skipped = "";  // a server does not answer
};

struct ExploreReport {
  std::string command;
  std::uint64_t seed = 0;
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<Explored> designs;
};

// A row for each design; of one design alone the shortest bad order, too, or the one that was asked
// for: who sent what, and what was answered.
std::string explore_text(const ExploreReport& report, Format format, const Look& look);
// schema_version 1.
std::string explore_json(const ExploreReport& report);

}  // namespace couponctl::report
