// The exit code of races.
#pragma once

#include <span>

#include "core/failure.h"
#include "race/result.h"

namespace couponctl::cmd {

// What is certain and bad comes before what is not known.
core::Exit exit_of(std::span<const race::RaceResult> results);

// Whether no design of them could run for want of its servers.
bool all_skipped(std::span<const race::RaceResult> results);

}  // namespace couponctl::cmd
