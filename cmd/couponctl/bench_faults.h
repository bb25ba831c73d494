// `couponctl bench --fault`: the race once for each fault, on servers of its own.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "couponctl/bench_servers.h"
#include "race/bench.h"

namespace couponctl::cmd {

// What can follow --fault.
std::vector<std::string> fault_names();
core::Result<void> check_fault_name(std::string_view text);

struct FaultRace {
  std::vector<std::string> faults;  // by name; "all"
  race::BenchPlan plan;             // but for its servers and its fault
  std::string users;                // as they were named
};

// The servers are `found.own`: others are never harmed.
core::Exit bench_faults(const FaultRace& race, BenchServers& found, const cli::Context& context,
                        const std::stop_token& stop);

}  // namespace couponctl::cmd
