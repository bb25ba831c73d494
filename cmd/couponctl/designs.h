// The designs that a command line names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "strategies/strategy.h"

namespace couponctl::cmd {

std::vector<std::string> design_names();
core::Result<void> check_design_name(std::string_view text);
// All of them, if none is named.
std::vector<strategies::Strategy> designs_named(const std::vector<std::string>& names);
// The servers that any of them needs.
strategies::Needs needs_of(const std::vector<strategies::Strategy>& designs);

}  // namespace couponctl::cmd
