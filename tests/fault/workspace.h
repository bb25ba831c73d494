// How does a trial run the product? With its addresses, its bug, and a kill point.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fault/arena.h"
#include "fault/plan.h"
#include "process/child.h"

namespace couponctl::fault {

struct Workspace {
  Arena& arena;
  Whereabouts where;
  std::filesystem::path binary;  // with kill points and bugs
  std::filesystem::path logs;    // a directory for what the processes say
  std::string planted = "";      // a bug of all of them

  // `couponctl <words>`, which speaks to Redis and the database through the proxies. What it says
  // is appended to that log.
  process::Command command(process::Words words, const std::string& log,
                           const Armed& armed = {}) const;
  // The same, but we write its stdin and read its stdout.
  process::Command conversation(process::Words words, const std::string& log,
                                const Armed& armed = {}) const;
};

}  // namespace couponctl::fault
