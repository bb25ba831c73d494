// What is the database of a race like, and who else uses it?
#pragma once

#include <chrono>
#include <cstdint>

#include "race/bystander.h"

namespace couponctl::race {

struct Surroundings {
  int pool = 0;                  // connections of all callers together; 0: each has its own
  BystanderPlan bystander = {};  // who also uses that pool
  std::int64_t orders_min = 0;   // of theirs in a run, however soon it is over
  std::chrono::milliseconds db_delay{0};  // by which each answer of the database comes later
  std::int64_t rows_per_s_max = 0;        // of the pipeline's consumer; 0: as it can
};

}  // namespace couponctl::race
