// How does a trial run the product? With its addresses, its bug, and a kill point.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fault/arena.h"
#include "fault/plan.h"
#include "fault/process.h"

namespace couponctl::fault {

struct Ground {
  Arena& arena;
  Whereabouts where;
  std::filesystem::path binary;  // with kill points and bugs
  std::filesystem::path logs;    // a directory for what the processes say
  std::string planted = "";      // a bug of all of them

  // `couponctl <words>`, which speaks to Redis and the database through the proxies.
  Program program(std::vector<std::string> words, const std::string& log,
                  const Armed& armed = {}) const;
};

}  // namespace couponctl::fault
