// What the processes of a storm tell each other: a line each way.
#pragma once

#include <string>
#include <string_view>

#include "load/workers.h"
#include "strategies/scratch.h"

namespace couponctl::race {

struct StormTask {
  std::string strategy = "";
  strategies::Scratch scratch = {};
  load::Plan load = {};
  int first_worker = 0;
};

struct StormReport {
  load::Part part = {};
  std::string no_caller = "";   // why it could not begin
  std::string unfinished = "";  // why what it has sent may still be under way
};

std::string written(const StormTask& task);
// Throws nlohmann::json::exception for what written() has not made.
StormTask read_task(std::string_view line);

std::string written(const StormReport& report);
StormReport read_report(std::string_view line);

}  // namespace couponctl::race
